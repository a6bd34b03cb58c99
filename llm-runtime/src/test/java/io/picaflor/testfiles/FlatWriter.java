package io.picaflor.testfiles;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes small FlatBuffers, front to back: what the readers under test are given. */
public final class FlatWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<long[]> patches = new ArrayList<>();

  private FlatWriter() {}

  /**
   * A table to be written: by field id a Byte, Short, Integer, Long, Float, Double, String, Table, Raw, {@code byte[]},
   * {@code int[]}, {@code long[]}, {@code float[]} or a list of tables.
   */
  public static final class Table {
    private final TreeMap<Integer, Object> fields = new TreeMap<>();

    public Table with(int field, Object value) {
      fields.put(field, value);
      return this;
    }
  }

  /** Bare bytes that an offset points to, as the struct in a union. */
  public record Raw(byte[] bytes) {}

  public static Table table() {
    return new Table();
  }

  /** @param identifier four letters, or {@code null} for none */
  public static byte[] finish(Table root, String identifier) {
    var writer = new FlatWriter();
    writer.i32(0);
    if (identifier != null) {
      writer.out.writeBytes(identifier.getBytes(StandardCharsets.US_ASCII));
    }
    long at = writer.write(root);
    writer.patches.add(new long[] {0, at});
    byte[] bytes = writer.out.toByteArray();
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (long[] patch : writer.patches) {
      buffer.putInt((int) patch[0], (int) (patch[1] - patch[0]));
    }
    return bytes;
  }

  private long write(Object value) {
    while (out.size() % 4 != 0) {
      out.write(0);
    }
    return value instanceof Table table ? table(table) : vector(value);
  }

  private long table(Table table) {
    int slots = table.fields.isEmpty() ? 0 : table.fields.lastKey() + 1;
    var entries = new int[slots];
    int size = 4;
    for (Map.Entry<Integer, Object> field : table.fields.entrySet()) {
      entries[field.getKey()] = size;
      size += width(field.getValue());
    }
    int vtable = out.size();
    i16(4 + 2 * slots);
    i16(size);
    for (int entry : entries) {
      i16(entry);
    }
    int start = out.size();
    i32(start - vtable);
    for (Object value : table.fields.values()) {
      inline(value);
    }
    for (Map.Entry<Integer, Object> field : table.fields.entrySet()) {
      if (!(field.getValue() instanceof Number)) {
        patches.add(new long[] {start + entries[field.getKey()], write(field.getValue())});
      }
    }
    return start;
  }

  private long vector(Object value) {
    int start = out.size();
    switch (value) {
      case Raw raw -> out.writeBytes(raw.bytes());
      case String text -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        i32(bytes.length);
        out.writeBytes(bytes);
        out.write(0);
      }
      case byte[] bytes -> {
        i32(bytes.length);
        out.writeBytes(bytes);
      }
      case int[] ints -> {
        i32(ints.length);
        for (int i : ints) {
          i32(i);
        }
      }
      case long[] longs -> {
        i32(longs.length);
        for (long l : longs) {
          i64(l);
        }
      }
      case float[] floats -> {
        i32(floats.length);
        for (float f : floats) {
          i32(Float.floatToRawIntBits(f));
        }
      }
      case List<?> tables -> {
        i32(tables.size());
        int first = out.size();
        for (int i = 0; i < tables.size(); i++) {
          i32(0);
        }
        for (int i = 0; i < tables.size(); i++) {
          patches.add(new long[] {first + 4L * i, write(tables.get(i))});
        }
      }
      default -> throw new IllegalArgumentException("cannot write " + value.getClass());
    }
    return start;
  }

  private static int width(Object value) {
    return switch (value) {
      case Byte _ -> 1;
      case Short _ -> 2;
      case Long _ -> 8;
      case Double _ -> 8;
      default -> 4;
    };
  }

  private void inline(Object value) {
    switch (value) {
      case Byte b -> out.write(b);
      case Short s -> i16(s);
      case Integer i -> i32(i);
      case Float f -> i32(Float.floatToRawIntBits(f));
      case Long l -> i64(l);
      case Double d -> i64(Double.doubleToRawLongBits(d));
      default -> i32(0); // an offset, patched at the end
    }
  }

  private void i16(int value) {
    out.write(value);
    out.write(value >> 8);
  }

  private void i32(int value) {
    i16(value);
    i16(value >> 16);
  }

  private void i64(long value) {
    i32((int) value);
    i32((int) (value >> 32));
  }
}
