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
  record Slot(Form form, boolean head) {
    /** By hand, as {@link #hashCode}: the JVM makes code for a record's own at each start. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Slot slot && slot.form == form && slot.head == head;
    }

    @Override
    public int hashCode() {
      return 31 * form.hashCode() + Boolean.hashCode(head);
    }
  }

  /** Memory of a value that lives up to a step. */
  private record Interval(long offset, long bytes, int last) {}

  /** What the current step finds in use, by offset. */
  private final List<Interval> living = new ArrayList<>();
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
        long offset = place(needed, step, last);
        offsets.put(slot, offset);
        bytes = Math.max(bytes, offset + needed);
      }
    }
  }

  /** Takes the lowest offset at which nothing lies that lives at the same time: steps only rise, so what is dead stays so. */
  private long place(long needed, int first, int last) {
    long offset = 0;
    int at = 0;
    while (at < living.size()) {
      Interval other = living.get(at);
      if (other.last < first) {
        living.remove(at);
      } else if (other.offset - offset >= needed) {
        break;
      } else {
        offset = Math.max(offset, other.offset + other.bytes);
        at++;
      }
    }
    living.add(at, new Interval(offset, needed, last));
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
