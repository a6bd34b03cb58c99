package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.LiteRtLmWriter;
import io.picaflor.testfiles.ProtoWriter;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Which signatures of a file are run and with which operands; what cannot be filled is refused when the file is loaded.
 */
class ReferenceNetworkTest {
  private static final int S = 8;

  /** The tensor that {@link #signature} makes of its third operand. */
  private static final int STATE = 2;

  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(1);
  private TfliteWriter file = TfliteWriter.file();

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  private ReferenceNetwork load(byte[] content) throws IOException {
    return load(content, MemoryBudget.of("model", 1 << 20));
  }

  private ReferenceNetwork load(byte[] content, MemoryBudget budget) throws IOException {
    return new ReferenceNetwork(
        ModelFile.of("model", MemorySegment.ofArray(content)), Kernels.choose(null), workers, arena, budget);
  }

  private String broken() {
    return assertThrows(ModelFormatException.class, () -> load(file.done())).getMessage();
  }

  private String unsupported() {
    return assertThrows(UnsupportedModelException.class, () -> load(file.done())).getMessage();
  }

  private static void contains(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** A signature whose state gets the tokens at their positions. */
  private Graph signature(String name, int rows, int states) {
    Graph g = file.graph(name);
    int tokens = g.input("tokens", Type.INT32, 1, rows);
    int position = g.input("input_pos", Type.INT32, rows);
    int state = g.input("kv_cache_k_0", Type.FLOAT32, states);
    int values = g.value(Type.FLOAT32, rows);
    g.op(Codes.CAST, new int[] {reshape(g, tokens, Type.INT32, rows)}, values);
    int first = g.value(Type.INT32, 1);
    g.op(Codes.SLICE, new int[] {position, g.vector(0), g.vector(1)}, first);
    int updated = g.value(Type.FLOAT32, states);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {state, values, first}, updated);
    g.output("kv_cache_k_0", updated);
    return g;
  }

  private static int reshape(Graph g, int tensor, Type type, int... shape) {
    int view = g.value(type, shape);
    g.op(Codes.RESHAPE, new int[] {tensor, g.vector(shape)}, view);
    return view;
  }

  /** Logits of three ids: the sum of the state. */
  private Graph logits(Graph g) {
    int sum = g.value(Type.FLOAT32, 1);
    g.op(Codes.SUM, 27, FlatWriter.table().with(0, (byte) 1), new int[] {STATE, g.vector(0)}, sum);
    int all = g.value(Type.FLOAT32, 1, 1, 3);
    g.op(Codes.BROADCAST_TO, new int[] {sum, g.vector(1, 1, 3)}, all);
    return g.output("logits", all);
  }

  private Graph decode() {
    return logits(signature("decode", 1, S));
  }

  @Test
  void aFileWithoutDecodeIsRefusedWithWhatItHas() {
    file.signature("encode", decode());
    contains(unsupported(), "model: no signature 'decode'; the graph has [encode]");
  }

  @Test
  void theLongestCacheIsTaken() throws IOException {
    file.signature("decode_cache_8", decode());
    file.signature("decode_cache_16", logits(signature("long", 1, 16)));
    file.signature("prefill_2_cache_8", signature("p8", 2, 8));
    file.signature("prefill_4_cache_16", signature("p16", 4, 16));
    ReferenceNetwork network = load(file.done());
    assertEquals(16, network.contextLength());
    assertEquals(Set.of(4), network.prefills().keySet());
  }

  @Test
  void signaturesThatNobodyRunsMayHoldAnything() throws IOException {
    file.signature("decode", decode());
    for (String name : new String[] {"decode_lora_r4", "verify", "prefill_4_pixel", "decode_draft"}) {
      Graph other = file.graph(name);
      other.versioned(9999, 1, new int[0]);
      file.signature(name, other);
    }
    assertEquals(3, load(file.done()).vocabularySize());
  }

  @Test
  void anUnknownOperationInAPrefillIsNamed() {
    file.signature("decode", decode());
    Graph prefill = signature("prefill", 4, S);
    prefill.versioned(9999, 2, new int[0]);
    file.signature("prefill_4", prefill);
    contains(unsupported(), "model: signature prefill_4, operator 4 of subgraph 1, operator code 9999 version 2");
  }

  @Test
  void anUnknownOperandIsNamedWithItsType() {
    Graph g = decode();
    g.input("input_xyz", Type.FLOAT32, 1, 2);
    file.signature("decode", g);
    contains(unsupported(), "signature decode: input 'input_xyz' float32[1, 2] is none that we know");
  }

  @Test
  void operandsThatCannotBeFilledAreRefused() {
    Object[][] wrong = {
      {"time_step", Type.FLOAT32, new int[0], "expected 1 values of INT32, found float32[]"},
      {"valid_mask", Type.BOOL, new int[] {1, 3}, "expected 1 values of BOOL, found bool[1, 3]"},
      {"positions", Type.INT64, new int[] {1}, "expected 1 values of INT32, found int64[1]"},
      {"attn_mask", Type.FLOAT32, new int[] {8}, "expected a mask with 1 rows, found float32[8]"},
      {"attn_mask", Type.INT32, new int[] {1, 8}, "expected a mask with 1 rows, found int32[1, 8]"},
      {"attn_mask", Type.BOOL, new int[] {2, 1, 8}, "expected a mask with 1 rows, found bool[2, 1, 8]"},
    };
    for (Object[] row : wrong) {
      file = TfliteWriter.file();
      Graph g = decode();
      g.input((String) row[0], (Type) row[1], (int[]) row[2]);
      file.signature("decode", g);
      contains(broken(), "input '" + row[0] + "' cannot be filled: " + row[3]);
    }
  }

  @Test
  void aMaskWithoutDimensionsIsRefused() {
    Graph g = decode();
    g.input("mask", Type.FLOAT32);
    file.signature("decode", g);
    contains(broken(), "mask [] has no room for a token");
  }

  @Test
  void logitsAreOneRowOfFloats() {
    Graph g = signature("decode", 1, S);
    g.output("logits", g.floats(new int[] {1, 2, 3}, 1, 2, 3, 4, 5, 6));
    file.signature("decode", g);
    contains(broken(), "expected logits of float32 for one token, found float32[1, 2, 3]");
  }

  @Test
  void decodeWithoutLogitsIsRefused() {
    file.signature("decode", signature("decode", 1, S));
    contains(broken(), "signature decode gives no logits");
  }

  @Test
  void decodeTakesOneToken() {
    file.signature("decode", logits(signature("decode", 2, S)));
    contains(broken(), "signature decode takes 2 tokens at once, expected 1");
  }

  @Test
  void aPrefillOfNoTokensIsRefused() {
    file.signature("decode", decode());
    Graph g = file.graph("prefill");
    g.input("tokens", Type.INT32, 1, 0);
    file.signature("prefill", g);
    contains(broken(), "signature prefill takes no tokens");
  }

  @Test
  void statesHaveOneShapeInAllSignatures() {
    file.signature("decode", decode());
    file.signature("prefill_4", signature("prefill", 4, 2 * S));
    contains(broken(), "signature prefill_4: state kv_cache_k_0 is float32[16], elsewhere float32[8]");
  }

  @Test
  void stateThatNoMemoryHoldsIsRefusedWithBothNumbers() {
    Graph g = signature("decode", 1, 1 << 28);
    file.signature("decode", g.output("logits", g.floats(new int[] {1, 1, 3}, 1, 2, 3)));
    String message = assertThrows(UnsupportedModelException.class, () -> load(file.done())).getMessage();
    contains(message, "the state kv_cache_k_0 float32[268435456] needs 1024 MiB of memory", "the machine has 1 MiB");
  }

  @Test
  void moreThanTheMachineHasIsRefusedToo() {
    file.signature("decode", logits(signature("decode", 1, Integer.MAX_VALUE)));
    Graph g = signature("prefill", 4, Integer.MAX_VALUE);
    for (int i = 0; i < 400; i++) { // 400 times 8 GiB, and 8 for the old state
      int more = g.value(Type.FLOAT32, Integer.MAX_VALUE);
      g.op(Codes.ABS, new int[] {STATE}, more).output("y" + i, more);
    }
    file.signature("prefill_4", g);
    byte[] content = file.done();
    String message = assertThrows(UnsupportedModelException.class,
        () -> load(content, MemoryBudget.ofMachine("model"))).getMessage();
    contains(message, "signature prefill_4: what it computes needs 3284993 MiB");
  }

  private static byte[] bundle(byte[] graph, ProtoWriter masks) {
    LiteRtLmWriter bundle = LiteRtLmWriter.file().model("tf_lite_prefill_decode", graph);
    return masks == null
        ? bundle.done()
        : bundle.section(LiteRtLmWriter.EXECUTOR,
            ProtoWriter.message().nested(1, ProtoWriter.message().number(1, S).nested(3, masks)).done()).done();
  }

  private byte[] windowed() {
    Graph g = signature("decode", 1, S);
    int mask = g.input("local_mask", Type.FLOAT32, 1, 1, 1, S);
    int row = reshape(g, mask, Type.FLOAT32, 1, 1, S);
    return file.signature("decode", g.output("logits", row)).done();
  }

  @Test
  void aSlidingWindowsMaskIsFilledByTheFilesWindow() throws IOException {
    ReferenceNetwork network = load(bundle(windowed(), ProtoWriter.message().number(1, 1).number(2, 1).number(3, 3)));
    try (Executor executor = network.newExecutor(S)) {
      executor.prefill(new int[] {1, 1, 1, 1}, () -> false);
      float[] mask = executor.decode(1).toArray(ValueLayout.JAVA_FLOAT);
      float masked = -0.7f * Float.MAX_VALUE;
      assertArrayEquals(new float[] {masked, masked, 0, 0, 0, masked, masked, masked}, mask);
    }
  }

  @Test
  void aSlidingWindowsMaskWithoutAWindowInTheFileIsRefused() {
    byte[] graph = windowed();
    for (ProtoWriter masks : new ProtoWriter[] {null, ProtoWriter.message().number(1, 1).number(2, 1)}) {
      String message = assertThrows(UnsupportedModelException.class, () -> load(bundle(graph, masks))).getMessage();
      contains(message, "signature decode: input 'local_mask' is the mask of a sliding window",
          "do not say how wide it is");
    }
  }

  @Test
  void embeddingsNeedAnEmbedder() {
    Graph g = file.graph("decode");
    int embeddings = g.input("embeddings", Type.FLOAT32, 1, 1, 3);
    g.input("mask", Type.FLOAT32, 1, 1, 1, S);
    file.signature("decode", g.output("logits", embeddings));
    contains(unsupported(), "the language model needs the signature decode_embedder, which the file does not have");
  }

  private byte[] withEmbedder(Graph embedder) {
    file.signature("decode_embedder", embedder);
    Graph g = file.graph("decode");
    int embeddings = g.input("embeddings", Type.FLOAT32, 1, 1, 3);
    g.input("mask", Type.FLOAT32, 1, 1, 1, S);
    return file.signature("decode", g.output("logits", embeddings)).done();
  }

  private Graph embedder(int width) {
    Graph g = file.graph("embedder");
    int ids = g.input("token_ids", Type.INT32, 1, 1);
    int rows = reshape(g, ids, Type.INT32, 1);
    int table = g.floats(new int[] {3, width}, new float[3 * width]);
    int row = g.value(Type.FLOAT32, 1, width);
    g.op(Codes.EMBEDDING_LOOKUP, new int[] {rows, table}, row);
    return g.output("embeddings", reshape(g, row, Type.FLOAT32, 1, 1, width));
  }

  @Test
  void anEmbedderGivesWhatTheGraphTakes() throws IOException {
    assertEquals(3, load(withEmbedder(embedder(3))).vocabularySize());
  }

  @Test
  void anEmbedderOfAnotherWidthIsRefused() {
    byte[] content = withEmbedder(embedder(4));
    String message = assertThrows(ModelFormatException.class, () -> load(content)).getMessage();
    contains(message, "signature decode_embedder gives float32[1, 1, 4], decode takes float32[1, 1, 3] as embeddings");
  }

  @Test
  void anEmbedderThatTakesEmbeddingsIsRefused() {
    Graph g = file.graph("embedder");
    byte[] content = withEmbedder(g.output("y", g.input("embeddings", Type.FLOAT32, 1, 1, 3)));
    String message = assertThrows(UnsupportedModelException.class, () -> load(content)).getMessage();
    contains(message, "input 'embeddings' would have to be computed by yet another signature");
  }

  @Test
  void anEmbedderWithoutAResultIsRefused() {
    Graph g = file.graph("embedder");
    g.input("token_ids", Type.INT32, 1, 1);
    byte[] content = withEmbedder(g);
    String message = assertThrows(ModelFormatException.class, () -> load(content)).getMessage();
    contains(message, "signature decode_embedder: expected one result, found []");
  }
}
