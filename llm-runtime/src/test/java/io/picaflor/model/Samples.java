package io.picaflor.model;

import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.FlatWriter.Table;
import io.picaflor.testfiles.LiteRtLmWriter;
import io.picaflor.testfiles.ProtoWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;

/** Small whole files of each container, and what they are made of. */
final class Samples {
  static final String PREFILL_DECODE = "tf_lite_prefill_decode";
  static final byte[] TOKENIZER = "pieces".getBytes(StandardCharsets.US_ASCII);

  private Samples() {}

  /** A graph without ops: one subgraph with one tensor. */
  static byte[] graph() {
    Table tensor = FlatWriter.table().with(0, new int[] {1, 4}).with(3, "x");
    Table subgraph = FlatWriter.table().with(0, List.of(tensor)).with(4, "main");
    return FlatWriter.finish(FlatWriter.table().with(0, 3).with(2, List.of(subgraph)), "TFL3");
  }

  static ProtoWriter ids(long... ids) {
    return ProtoWriter.message().nested(1, ProtoWriter.message().packed(1, ids));
  }

  static ProtoWriter metadata() {
    return ProtoWriter.message()
        .nested(1, ids(2))
        .nested(2, ids(1))
        .nested(2, ProtoWriter.message().text(2, "<end>"))
        .number(5, 1280);
  }

  static ProtoWriter executorMetadata() {
    return ProtoWriter.message().nested(1, ProtoWriter.message()
        .number(1, 96)
        .nested(2, ProtoWriter.message()
            .text(1, "k_0").text(2, "k_0").text(3, "k_0").text(4, "k_0")
            .number(6, 3).number(7, 2).number(8, 20).number(9, 32))
        .nested(3, ProtoWriter.message().number(1, 1).number(2, 1).number(3, 20)));
  }

  static byte[] zlibSection(byte[] content, long declared, byte... trailing) {
    var deflater = new Deflater();
    deflater.setInput(content);
    deflater.finish();
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(declared).array());
    var buffer = new byte[4096];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    out.writeBytes(trailing);
    return out.toByteArray();
  }

  static LiteRtLmWriter litertlm() {
    return LiteRtLmWriter.file()
        .system("Authors", 9, "tests")
        .section(LiteRtLmWriter.METADATA, metadata().done())
        .section(LiteRtLmWriter.EXECUTOR, executorMetadata().done())
        .section(LiteRtLmWriter.ZLIB, zlibSection(TOKENIZER, TOKENIZER.length))
        .model(PREFILL_DECODE, graph());
  }

  static Map<String, byte[]> taskEntries() {
    var entries = new LinkedHashMap<String, byte[]>();
    entries.put("TF_LITE_PREFILL_DECODE", graph());
    entries.put("TOKENIZER_MODEL", TOKENIZER);
    entries.put("METADATA", metadata().done());
    return entries;
  }

  static byte[] task() {
    return ZipWriter.stored(taskEntries());
  }

  static Bytes bytes(byte[] content) {
    return new Bytes("file", "part", 1000, MemorySegment.ofArray(content));
  }

  static ModelFile open(byte[] content) throws IOException {
    return ModelFile.of("model", MemorySegment.ofArray(content));
  }

  /** Opens a file and reads everything in it that a run would read at this level. */
  static void readAll(ModelFile file) throws IOException {
    readTables(FlatTable.root(file.requireGraph(ModelRole.PREFILL_DECODE)));
    for (ModelRole role : ModelRole.values()) {
      file.graph(role);
      file.externalWeights(role);
    }
    Optional<TokenizerData> tokenizer = file.tokenizer();
    if (tokenizer.isPresent()) {
      tokenizer.get().bytes();
    }
    file.metadata();
    file.executorMetadata();
    file.sections();
  }

  private static void readTables(FlatTable model) throws IOException {
    model.i32(0, 0);
    FlatVector subgraphs = model.vector(2, 4);
    for (int i = 0; i < subgraphs.size(); i++) {
      FlatTable subgraph = subgraphs.table(i);
      subgraph.string(4);
      FlatVector tensors = subgraph.vector(0, 4);
      for (int j = 0; j < tensors.size(); j++) {
        FlatTable tensor = tensors.table(j);
        tensor.vector(0, 4).ints();
        tensor.string(3);
      }
    }
  }

  static byte[] withInt(byte[] content, int offset, int value) {
    byte[] changed = content.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    return changed;
  }
}
