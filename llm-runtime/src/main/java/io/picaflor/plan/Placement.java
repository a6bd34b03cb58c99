package io.picaflor.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Where in a session's memory each value of a plan lies: values that live at the same time do not overlap.
 *
 * <p>Steps run in order; a value lives from the step that writes it to the last that reads it.
 */
final class Placement {
  private static final long ALIGNMENT = 64;

  /**
   * A value and whether the head has it for itself.
   *
   * @param form what is computed; no view
   */
  record Slot(Form form, boolean head) {}

  private record Interval(long offset, long bytes, int first, int last) {}

  private final List<Interval> placed = new ArrayList<>();
  private final Map<Slot, Long> offsets = new HashMap<>();
  private long bytes;

  /**
   * Places values.
   *
   * @param written for each step what it writes
   * @param lastRead the last step that reads each of them
   * @param size bytes of each of them
   */
  Placement(List<List<Slot>> written, Map<Slot, Integer> lastRead, ToLongFunction<Slot> size) {
    for (int step = 0; step < written.size(); step++) {
      for (Slot slot : written.get(step)) {
        long needed = Math.ceilDiv(size.applyAsLong(slot), ALIGNMENT) * ALIGNMENT + ALIGNMENT; // kernels read on a vector
        int last = Math.max(step, lastRead.getOrDefault(slot, step));
        long offset = lowest(needed, step, last);
        placed.add(new Interval(offset, needed, step, last));
        offsets.put(slot, offset);
        bytes = Math.max(bytes, offset + needed);
      }
    }
  }

  /** The lowest offset at which nothing lies that lives at the same time. */
  private long lowest(long needed, int first, int last) {
    List<Interval> living = placed.stream().filter(other -> other.first <= last && first <= other.last)
        .sorted(java.util.Comparator.comparingLong(Interval::offset)).toList();
    long offset = 0;
    for (Interval other : living) {
      if (other.offset - offset >= needed) {
        return offset;
      }
      offset = Math.max(offset, other.offset + other.bytes);
    }
    return offset;
  }

  /** Bytes of memory for all values. */
  long bytes() {
    return bytes;
  }

  /** Where a value begins. */
  long offset(Slot slot) {
    return offsets.get(slot);
  }
}
