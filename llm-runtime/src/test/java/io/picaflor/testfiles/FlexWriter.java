package io.picaflor.testfiles;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes small FlexBuffers with all values of one width: what the reader under test is given. */
public final class FlexWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final int width;

  private FlexWriter(int width) {
    this.width = width;
  }

  /** A value in the buffer: what stands in its slot (a number, or the place an offset leads to), and its type. */
  private record Slot(long value, boolean isOffset, int type) {}

  /** @param value Integer, Long, Boolean, Double, String, {@code byte[]}, List, or Map with text keys */
  public static byte[] write(Object value, int width) {
    var writer = new FlexWriter(width);
    Slot slot = writer.slot(value);
    writer.inline(slot);
    writer.out.write(slot.type << 2 | Integer.numberOfTrailingZeros(width));
    writer.out.write(width);
    return writer.out.toByteArray();
  }

  private Slot slot(Object value) {
    return switch (value) {
      case Integer i -> new Slot(i, false, 1);
      case Long l -> new Slot(l, false, 1);
      case Boolean b -> new Slot(b ? 1 : 0, false, 26);
      case Double d -> new Slot(bits(d), false, 3);
      case String s -> bytes(s.getBytes(StandardCharsets.UTF_8), 5);
      case byte[] b -> bytes(b, 25);
      case List<?> list -> vector(list);
      case Map<?, ?> map -> map(map);
      default -> throw new IllegalArgumentException("cannot write " + value.getClass());
    };
  }

  private long bits(double value) {
    return switch (width) {
      case 2 -> Float.floatToFloat16((float) value) & 0xFFFF;
      case 4 -> Float.floatToRawIntBits((float) value) & 0xFFFF_FFFFL;
      default -> Double.doubleToRawLongBits(value);
    };
  }

  private Slot bytes(byte[] bytes, int type) {
    number(bytes.length);
    long start = out.size();
    out.writeBytes(bytes);
    out.write(0);
    return new Slot(start, true, type);
  }

  private Slot vector(List<?> list) {
    List<Slot> slots = list.stream().map(this::slot).toList();
    number(slots.size());
    return values(slots, 10);
  }

  private Slot map(Map<?, ?> map) {
    var sorted = new TreeMap<String, Object>();
    map.forEach((key, value) -> sorted.put((String) key, value));
    List<Long> keys = sorted.keySet().stream().map(key -> {
      long start = out.size();
      out.writeBytes(key.getBytes(StandardCharsets.UTF_8));
      out.write(0);
      return start;
    }).toList();
    List<Slot> slots = sorted.values().stream().map(this::slot).toList();
    number(keys.size());
    long keysStart = out.size();
    for (long key : keys) {
      number(out.size() - key);
    }
    number(out.size() - keysStart);
    number(width);
    number(slots.size());
    return values(slots, 9);
  }

  private Slot values(List<Slot> slots, int type) {
    long start = out.size();
    slots.forEach(this::inline);
    slots.forEach(s -> out.write(s.type << 2 | Integer.numberOfTrailingZeros(width)));
    return new Slot(start, true, type);
  }

  private void inline(Slot slot) {
    number(slot.isOffset ? out.size() - slot.value : slot.value);
  }

  private void number(long value) {
    for (int i = 0; i < width; i++) {
      out.write((int) (value >> 8 * i));
    }
  }
}
