package io.picaflor.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.Bytes;
import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.FlatWriter.Table;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.TensorSpec;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Graphs read into typed, checked nodes; each way of being broken refused with its place. */
class GraphReaderTest {
  private final TfliteWriter file = TfliteWriter.file();
  private final Graph g = file.graph("main");

  private static GraphReader reader(byte[] content) throws IOException {
    return new GraphReader(new Bytes("model", "graph", 0, MemorySegment.ofArray(content)), Optional.empty());
  }

  private Signature read() throws IOException {
    return reader(file.signature("run", g).done()).signature("run");
  }

  private String broken() {
    byte[] content = file.signature("run", g).done();
    return assertThrows(ModelFormatException.class, () -> reader(content).signature("run")).getMessage();
  }

  private String unsupported() {
    byte[] content = file.signature("run", g).done();
    return assertThrows(UnsupportedModelException.class, () -> reader(content).signature("run")).getMessage();
  }

  private static void contains(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.startsWith("model: "), message);
  }

  /** Adds one operator that is sound: ABS of an operand. */
  private int abs() {
    int x = g.input("x", Type.FLOAT32, 2);
    int y = g.value(Type.FLOAT32, 2);
    g.op(Codes.ABS, new int[] {x}, y).output("y", y);
    return y;
  }

  private static byte[] withConstant(TensorSpec spec) {
    TfliteWriter writer = TfliteWriter.file();
    Graph graph = writer.graph("main");
    graph.output("y", graph.add(spec));
    return writer.signature("run", graph).done();
  }

  private static Quantization quantization(TensorSpec spec) throws IOException {
    return reader(withConstant(spec)).signature("run").outputs().get("y").quantization();
  }

  @Test
  void aGraphIsReadAsItWasWritten() throws IOException {
    abs();
    GraphReader reader = reader(file.signature("run", g).done());
    assertEquals(List.of("run"), reader.signatureNames());
    Signature signature = reader.signature("run");
    assertEquals("main", signature.body().name());
    assertEquals(1, signature.body().nodes().size());
    Node node = signature.body().nodes().getFirst();
    assertEquals(new Op.Unary(Op.UnaryFunction.ABS), node.op());
    assertSame(signature.inputs().get("x"), node.input(0));
    assertSame(signature.outputs().get("y"), node.output());
    assertEquals("t1 float32[2]", node.output().describe());
    assertSame(signature.body(), reader.signature("run").body());
  }

  @Test
  void constantsOfAllTypesAreSlicesOfTheFile() throws IOException {
    for (boolean outside : new boolean[] {false, true}) {
      for (Type type : new Type[] {Type.FLOAT32, Type.FLOAT16, Type.INT32, Type.UINT8, Type.INT64, Type.BOOL,
        Type.INT16,
        Type.INT8, Type.INT4, Type.INT2}) {
        ElementType expected = ElementType.valueOf(type.name());
        byte[] data = new byte[(int) expected.bytes(5)];
        for (int i = 0; i < data.length; i++) {
          data[i] = (byte) (i + 1);
        }
        TfliteWriter writer = outside ? TfliteWriter.file().buffersOutside() : TfliteWriter.file();
        Graph graph = writer.graph("main");
        graph.output("y", graph.add(TfliteWriter.tensor(type, 5).data(data)));
        byte[] content = writer.signature("run", graph).done();
        Tensor tensor = reader(content).signature("run").outputs().get("y");
        assertEquals(expected, tensor.type());
        assertArrayEquals(data, tensor.data().orElseThrow().toArray(ValueLayout.JAVA_BYTE), type + ", outside "
            + outside);
        assertEquals(Optional.of(content), tensor.data().get().heapBase(), "nothing is copied");
      }
    }
  }

  @Test
  void quantizationIsReadPerTensorPerChannelAndInBlocks() throws IOException {
    var whole = (Quantization.Affine) quantization(TfliteWriter.tensor(Type.INT8, 2, 2).data(new byte[4])
        .affine(0.5f, -3));
    assertEquals(1, whole.count());
    assertEquals(-3, whole.zeroPoint());
    var channels = (Quantization.Affine) quantization(
        TfliteWriter.tensor(Type.INT4, 2, 3).data(new byte[3]).scales(1, 1, 2, 3));
    assertEquals(3, channels.count());
    assertEquals(1, channels.dimension());
    assertEquals(2, channels.scales().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 1));
    int scales = g.add(TfliteWriter.tensor(Type.FLOAT16, 1, 2).data(Packed.halves(1, 2)));
    g.output("y", g.add(TfliteWriter.tensor(Type.INT4, 1, 64).data(new byte[32]).blocks(scales, 32)));
    var blocks = (Quantization.Blockwise) read().outputs().get("y").quantization();
    assertEquals(32, blocks.blockSize());
    assertEquals(4, blocks.scales().byteSize());
    assertInstanceOf(Quantization.None.class, quantization(TfliteWriter.tensor(Type.INT8, 1).data((byte) 1)));
  }

  private String brokenTensor(TensorSpec spec) {
    return assertThrows(ModelFormatException.class, () -> reader(withConstant(spec)).signature("run")).getMessage();
  }

  @Test
  void tensorsThatContradictThemselvesAreRefused() {
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, -2, 3)), "tensor 0 of subgraph 0: shape", "[-2, 3]");
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, 1 << 30, 1 << 30)), "more elements than any memory holds");
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
        "at most 8 dimensions, found 9");
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, 2).data(new byte[7])), "need 8 bytes, its buffer has 7");
    contains(brokenTensor(TfliteWriter.tensor(Type.INT4, 3).data(new byte[1])), "need 2 bytes, its buffer has 1");
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, 2).buffer(7)), "names buffer 7 of 1");
    contains(brokenTensor(TfliteWriter.tensor(Type.FLOAT32, 2).shapeSignature(2, 2)),
        "1 dimensions, and 2 in its signature");
    contains(brokenTensor(TfliteWriter.tensor(Type.INT8, 2).data(new byte[2]).scales(0, 1, 1, 1)),
        "3 scales along dimension 0");
    contains(brokenTensor(TfliteWriter.tensor(Type.INT8, 2).data(new byte[2]).scales(1, 1, 1)),
        "2 scales along dimension 1");
    contains(brokenTensor(TfliteWriter.tensor(Type.INT8, 2).data(new byte[2]).scales(-1, 1, 1)),
        "2 scales along dimension -1");
    Table points = FlatWriter.table().with(2, new float[] {1, 1}).with(3, new long[] {0, 1});
    contains(brokenTensor(TfliteWriter.tensor(Type.INT8, 2).data(new byte[2]).quantization(points)),
        "equal zero points, found 0 and 1");
    points = FlatWriter.table().with(2, new float[] {1, 1}).with(3, new long[] {0, 0, 0});
    contains(brokenTensor(TfliteWriter.tensor(Type.INT8, 2).data(new byte[2]).quantization(points)),
        "3 zero points for 2 scales");
  }

  @Test
  void blocksThatContradictTheirTensorAreRefused() {
    contains(brokenTensor(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).blocks(0, 32)),
        "block scales in tensor 0 of 1");
    contains(brokenTensor(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).blocks(9, 32)),
        "block scales in tensor 9 of 1");
    Table bare = FlatWriter.table().with(4, (byte) 2);
    contains(brokenTensor(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).quantization(bare)),
        "without its details");
    int scales = g.add(TfliteWriter.tensor(Type.FLOAT16, 3).data(Packed.halves(1, 2, 3)));
    g.output("y", g.add(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).blocks(scales, 32)));
    contains(broken(), "3 scales for blocks of 32 in a tensor of shape [64]");
  }

  @Test
  void blockSizesThatAreNoneAreRefused() {
    for (int size : new int[] {0, -32, 48}) {
      TfliteWriter writer = TfliteWriter.file();
      Graph graph = writer.graph("main");
      int scales = graph.add(TfliteWriter.tensor(Type.FLOAT16, 2).data(Packed.halves(1, 2)));
      graph.output("y", graph.add(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).blocks(scales, size)));
      byte[] content = writer.signature("run", graph).done();
      contains(assertThrows(ModelFormatException.class, () -> reader(content).signature("run")).getMessage(),
          "blocks of " + size);
    }
  }

  @Test
  void blockScalesOfAnotherTypeAreRefused() {
    int scales = g.floats(new int[] {2}, 1, 2);
    g.output("y", g.add(TfliteWriter.tensor(Type.INT4, 64).data(new byte[32]).blocks(scales, 32)));
    contains(broken(), "expected constant float16 block scales, found t0 float32[2]");
  }

  @Test
  void typesAndSizesThatWeDoNotRunAreNamed() {
    g.input("x", Type.STRING, 2);
    contains(unsupported(), "signature run", "tensor 0 of subgraph 0: element type 5");
  }

  @Test
  void sizesOfRunTimeAreNotSupported() {
    int x = g.add(TfliteWriter.tensor(Type.FLOAT32, 1, 2).shapeSignature(-1, 2));
    g.output("y", x);
    contains(unsupported(), "sizes that are only known at run time");
  }

  @Test
  void anUnknownOperationIsNamedWithCodeVersionAndSignature() {
    int y = abs();
    g.versioned(9999, 3, new int[] {y}, g.value(Type.FLOAT32, 2));
    contains(unsupported(),
        "signature run, operator 1 of subgraph 0, operator code 9999 version 3: no such operation is known here");
  }

  @Test
  void controlFlowIsNotSupported() {
    int y = abs();
    g.op(Codes.IF, new int[] {y}, g.value(Type.FLOAT32, 2));
    contains(unsupported(), "operator code 118");
  }

  @Test
  void aSignatureThatNobodyReadsMayHoldAnything() throws IOException {
    abs();
    file.signature("run", g);
    Graph other = file.graph("other");
    other.versioned(9999, 3, new int[0]);
    file.signature("verify", other);
    GraphReader reader = reader(file.done());
    assertEquals(List.of("run", "verify"), reader.signatureNames());
    assertEquals(1, reader.signature("run").body().nodes().size());
    assertThrows(UnsupportedModelException.class, () -> reader.signature("verify"));
    assertThrows(UnsupportedModelException.class, () -> reader.signature("verify"));
    String message = assertThrows(UnsupportedModelException.class, () -> reader.signature("decode")).getMessage();
    contains(message, "no signature 'decode'; the graph has [run, verify]");
  }

  @Test
  void aRefusedSignatureLeavesTheNextOneReadable() throws IOException {
    Graph shared = file.graph("shared");
    shared.versioned(9999, 1, new int[0]);
    for (String name : new String[] {"a", "b"}) {
      Graph graph = file.graph(name);
      graph.composite("c", Map.of(), shared.index(), new int[0], graph.value(Type.FLOAT32, 1));
      file.signature(name, graph);
    }
    GraphReader reader = reader(file.done());
    for (String name : new String[] {"a", "b"}) {
      contains(assertThrows(UnsupportedModelException.class, () -> reader.signature(name)).getMessage(),
          "operator code 9999");
    }
  }

  @Test
  void operandsOutOfOrderAreRefused() {
    int late = g.value(Type.FLOAT32, 2);
    int y = g.value(Type.FLOAT32, 2);
    g.op(Codes.ABS, new int[] {late}, y).op(Codes.ABS, new int[] {y}, late).output("y", y);
    contains(broken(), "operator 0 of subgraph 0", "reads t0 float32[2], which nothing has computed before it");
  }

  @Test
  void aTensorIsWrittenOnce() {
    int y = abs();
    g.op(Codes.NEG, new int[] {0}, y);
    contains(broken(), "operator 1 of subgraph 0", "writes t1 float32[2], which has its value already");
  }

  @Test
  void constantsAreNotWritten() {
    int x = g.input("x", Type.FLOAT32, 1);
    g.op(Codes.ABS, new int[] {x}, g.floats(new int[] {1}, 1));
    contains(broken(), "writes t1 float32[1], which has its value already");
  }

  @Test
  void resultsThatNobodyComputesAreRefused() {
    g.output("y", g.value(Type.FLOAT32, 1));
    contains(broken(), "output t0 float32[1] is computed by no operator");
  }

  @Test
  void tensorsAndCodesThatAreNotThereAreRefused() {
    for (int index : new int[] {1_000_000, -7}) {
      TfliteWriter writer = TfliteWriter.file();
      Graph graph = writer.graph("main");
      graph.op(Codes.ABS, new int[] {graph.input("x", Type.FLOAT32, 1)}, index);
      byte[] content = writer.signature("run", graph).done();
      contains(assertThrows(ModelFormatException.class, () -> reader(content).signature("run")).getMessage(),
          "names tensor " + index + " of 1");
    }
  }

  @Test
  void signaturesNameOperandsOfTheirSubgraph() {
    int y = abs();
    byte[] content = file.signature("run", g, Map.of("x", y), Map.of("y", y)).done();
    contains(assertThrows(ModelFormatException.class, () -> reader(content).signature("run")).getMessage(),
        "signature run: 'x' names tensor 1, which is no operand of its subgraph");
  }

  @Test
  void signaturesHaveNamesOfTheirOwn() {
    abs();
    byte[] content = file.signature("run", g).signature("run", g).done();
    contains(assertThrows(ModelFormatException.class, () -> reader(content)).getMessage(),
        "signature 1: expected a name of its own");
  }

  @Test
  void wrongNumbersOfOperandsAreRefused() {
    Map<Integer, String> wrong = Map.of(
        Codes.ADD, "(ADD): expected 2 inputs, found 1",
        Codes.SELECT, "(SELECT): expected 3 inputs, found 1",
        Codes.ONE_HOT, "(ONE_HOT): expected 4 inputs, found 1",
        Codes.DYNAMIC_UPDATE_SLICE, "(DYNAMIC_UPDATE_SLICE): expected 3 inputs, found 1");
    wrong.forEach((code, expected) -> {
      TfliteWriter writer = TfliteWriter.file();
      Graph graph = writer.graph("main");
      graph.op(code, new int[] {graph.input("x", Type.FLOAT32, 1)}, graph.value(Type.FLOAT32, 1));
      byte[] content = writer.signature("run", graph).done();
      contains(assertThrows(ModelFormatException.class, () -> reader(content).signature("run")).getMessage(), expected);
    });
    g.op(Codes.ADD, new int[] {g.input("x", Type.FLOAT32, 1), -1}, g.value(Type.FLOAT32, 1));
    contains(broken(), "(ADD): input 1 is missing");
  }

  @Test
  void operatorsWithoutResultsAreRefused() {
    g.op(Codes.ABS, new int[] {g.input("x", Type.FLOAT32, 1)});
    contains(broken(), "(ABS): expected 1 outputs, found 0");
  }

  @Test
  void aCompositeThatIsItsOwnDecompositionIsRefused() {
    int x = g.input("x", Type.FLOAT32, 1);
    g.composite("c", Map.of(), 0, new int[] {x}, g.value(Type.FLOAT32, 1));
    contains(broken(), "subgraph 0 is its own decomposition");
  }

  @Test
  void compositesThatNeedEachOtherAreRefused() {
    Graph other = file.graph("other");
    other.composite("d", Map.of(), 0, new int[] {other.input("x", Type.FLOAT32, 1)}, other.value(Type.FLOAT32, 1));
    g.composite("c", Map.of(), 1, new int[] {g.input("x", Type.FLOAT32, 1)}, g.value(Type.FLOAT32, 1));
    contains(broken(), "subgraph 0 is its own decomposition");
  }

  @Test
  void compositesThatNestTooDeeplyAreRefused() {
    Graph last = g;
    for (int i = 0; i < 20; i++) {
      Graph next = file.graph("level");
      int x = last.input("x", Type.FLOAT32, 1);
      last.composite("c", Map.of(), next.index(), new int[] {x}, last.value(Type.FLOAT32, 1));
      last = next;
    }
    last.input("x", Type.FLOAT32, 1);
    contains(broken(), "nested too deeply");
  }

  @Test
  void aDecompositionThatIsNotThereIsRefused() {
    g.composite("c", Map.of(), 5, new int[] {g.input("x", Type.FLOAT32, 1)}, g.value(Type.FLOAT32, 1));
    contains(broken(), "subgraph 5 of 1 is asked for");
  }

  @Test
  void compositesTakeWhatTheirDecompositionTakes() {
    Graph meaning = file.graph("meaning");
    meaning.input("a", Type.FLOAT32, 1);
    meaning.output("b", meaning.input("b", Type.FLOAT32, 1));
    g.composite("c", Map.of(), 1, new int[] {g.input("x", Type.FLOAT32, 1)}, g.value(Type.FLOAT32, 1));
    contains(broken(), "(c): expected 2 inputs, found 1");
  }

  @Test
  void attributesOfCompositesAreRead() throws IOException {
    Graph meaning = file.graph("meaning");
    meaning.output("y", meaning.input("x", Type.FLOAT32, 1));
    int y = g.value(Type.FLOAT32, 1);
    g.composite("odml.rms_norm", Map.of("epsilon", 1e-6, "heads", 4), 1, new int[] {g.input("x", Type.FLOAT32, 1)}, y);
    g.output("y", y);
    var op = (Op.Composite) read().body().nodes().getFirst().op();
    assertEquals("odml.rms_norm", op.label());
    assertEquals(1e-6f, op.attributes().f32("epsilon", 0));
    assertEquals(4, op.attributes().i32("heads", 0));
    assertEquals("meaning", op.decomposition().name());
  }

  @Test
  void aVectorWithoutElementsNeedsNoBuffer() throws IOException {
    int shape = g.add(TfliteWriter.tensor(Type.INT32, 0).buffer(file.buffer(new byte[0])));
    int y = g.value(Type.FLOAT32);
    g.op(Codes.RESHAPE, new int[] {g.input("x", Type.FLOAT32, 1), shape}, y).output("y", y);
    assertTrue(read().body().nodes().getFirst().input(1).isConstant());
  }

  @Test
  @Timeout(10)
  void listsThatAreSharedWithoutEndAreRefused() {
    // Each operator names the same 60 000 operands: one table that stands 20 000 times in the list of operators.
    byte[] bytes = repeated(60_000, 20_000);
    String message = assertThrows(ModelFormatException.class, () -> reader(bytes).signature("run")).getMessage();
    contains(message, "a list is shared too often");
  }

  /**
   * A graph whose operators are one composite of nothing: the writer writes each anew, so their offsets are turned to
   * the last.
   */
  private static byte[] repeated(int operands, int times) {
    Table options = FlatWriter.table().with(0, "nothing").with(1, 1);
    Table operator = FlatWriter.table().with(1, new int[operands]).with(11, (byte) 21).with(12, options);
    List<Table> operators = new ArrayList<>(Collections.nCopies(times - 1, FlatWriter.table()));
    operators.add(operator);
    Table tensor = FlatWriter.table().with(0, new int[] {1});
    Table subgraph = FlatWriter.table().with(0, List.of(tensor)).with(1, new int[] {0}).with(3, operators);
    byte[] bytes = FlatWriter.finish(FlatWriter.table()
        .with(1, List.of(FlatWriter.table().with(3, 206)))
        .with(2, List.of(subgraph, FlatWriter.table()))
        .with(4, List.of(FlatWriter.table()))
        .with(7, List.of(FlatWriter.table().with(2, "run"))), "TFL3");
    MemorySegment segment = MemorySegment.ofArray(bytes);
    ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED;
    long list = find(segment, times);
    long last = list + 4L * times;
    long target = last + segment.get(layout, last);
    for (int i = 1; i <= times; i++) {
      long at = list + 4L * i;
      segment.set(layout, at, (int) (target - at));
    }
    return bytes;
  }

  /** Where the count of a list stands. */
  private static long find(MemorySegment segment, int count) {
    for (long at = 0;; at += 4) {
      if (segment.get(ValueLayout.JAVA_INT_UNALIGNED, at) == count) {
        return at;
      }
    }
  }
}
