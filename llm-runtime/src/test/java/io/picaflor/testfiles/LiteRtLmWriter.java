package io.picaflor.testfiles;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes small {@code .litertlm} files. Sections start at odd places, which the format's readers have to bear. */
public final class LiteRtLmWriter {
  public static final int TFLITE = 3;
  public static final int SENTENCE_PIECE = 4;
  public static final int METADATA = 5;
  public static final int ZLIB = 6;
  public static final int WEIGHTS = 7;
  public static final int EMBEDDING_METADATA = 8;
  public static final int EXECUTOR = 9;

  private final List<Part> parts = new ArrayList<>();
  private final List<FlatWriter.Table> system = new ArrayList<>();

  private static final class Part {
    final int type;
    final byte[] content;
    final Map<String, String> items;
    Long begin;
    Long end;

    Part(int type, byte[] content, Map<String, String> items) {
      this.type = type;
      this.content = content;
      this.items = items;
    }
  }

  public static LiteRtLmWriter file() {
    return new LiteRtLmWriter();
  }

  public LiteRtLmWriter section(int type, byte[] content) {
    return section(type, content, Map.of());
  }

  public LiteRtLmWriter section(int type, byte[] content, Map<String, String> items) {
    parts.add(new Part(type, content, items));
    return this;
  }

  public LiteRtLmWriter model(String modelType, byte[] content) {
    return section(TFLITE, content, Map.of("model_type", modelType));
  }

  /** Overrides what the header says of the last section. */
  public LiteRtLmWriter claiming(long begin, long end) {
    parts.getLast().begin = begin;
    parts.getLast().end = end;
    return this;
  }

  public LiteRtLmWriter system(String key, int tag, Object value) {
    system.add(FlatWriter.table().with(0, key).with(1, (byte) tag)
        .with(2, value instanceof FlatWriter.Raw ? value : FlatWriter.table().with(0, value)));
    return this;
  }

  public byte[] done() {
    int headerBytes = header(0).length; // its length does not depend on the offsets in it
    byte[] header = header(32L + headerBytes);
    var out = new ByteArrayOutputStream();
    var start = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    start.put("LITERTLM".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(7).putInt(0).putInt(0);
    start.putLong(32L + headerBytes);
    out.writeBytes(start.array());
    out.writeBytes(header);
    for (Part part : parts) {
      out.write(0);
      out.writeBytes(part.content);
    }
    return out.toByteArray();
  }

  private byte[] header(long end) {
    var objects = new ArrayList<FlatWriter.Table>();
    long at = end;
    for (Part part : parts) {
      long begin = at + 1;
      at = begin + part.content.length;
      List<FlatWriter.Table> items = part.items.entrySet().stream()
          .map(e -> FlatWriter.table().with(0, e.getKey()).with(1, (byte) 9)
              .with(2, FlatWriter.table().with(0, e.getValue())))
          .toList();
      objects.add(FlatWriter.table().with(0, items).with(1, part.begin == null ? (Long) begin : part.begin)
          .with(2, part.end == null ? (Long) at : part.end).with(3, (byte) part.type));
    }
    return FlatWriter.finish(FlatWriter.table()
        .with(0, FlatWriter.table().with(0, system))
        .with(1, FlatWriter.table().with(0, objects)), null);
  }
}
