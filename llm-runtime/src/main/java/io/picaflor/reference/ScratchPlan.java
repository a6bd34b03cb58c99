package io.picaflor.reference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Places temporary storages in one block of memory, so that those which live at the same time do not overlap.
 *
 * <p>Goes through the steps in order and keeps a list of free gaps: a storage takes the lowest gap that holds it when it is
 * first written, and gives it back after its last read.
 */
final class ScratchPlan {
  private static final long ALIGNMENT = 64;

  private final Map<Storage, Long> offsets = new HashMap<>();
  private final TreeMap<Long, Long> gaps = new TreeMap<>();
  private final List<List<Storage>> endingAt = new ArrayList<>();
  private long bytes;

  /** Begins a plan for so many steps. */
  ScratchPlan(int steps) {
    for (int i = 0; i < steps; i++) {
      endingAt.add(new ArrayList<>());
    }
  }

  /**
   * Places what a step writes; called for each storage once, in the order of the steps. What nobody reads ends with it.
   */
  void place(Storage storage, int step) {
    long size = Math.ceilDiv(Math.max(1, storage.bytes()), ALIGNMENT) * ALIGNMENT;
    long offset = take(size);
    offsets.put(storage, offset);
    int end = Math.max(step, storage.lastRead());
    if (end < endingAt.size()) {
      endingAt.get(end).add(storage);
    }
  }

  /** Gives back what nobody reads after this step. */
  void finish(int step) {
    for (Storage storage : endingAt.get(step)) {
      release(offsets.get(storage), Math.ceilDiv(Math.max(1, storage.bytes()), ALIGNMENT) * ALIGNMENT);
    }
    endingAt.get(step).clear();
  }

  private long take(long size) {
    for (Map.Entry<Long, Long> gap : gaps.entrySet()) {
      if (gap.getValue() >= size) {
        long offset = gap.getKey();
        long left = gap.getValue() - size;
        gaps.remove(offset);
        if (left > 0) {
          gaps.put(offset + size, left);
        }
        return offset;
      }
    }
    // No gap holds it: grow, using a gap at the very end if there is one.
    Map.Entry<Long, Long> last = gaps.lastEntry();
    long offset = bytes;
    if (last != null && last.getKey() + last.getValue() == bytes) {
      offset = last.getKey();
      gaps.remove(offset);
    }
    bytes = Math.addExact(offset, size);
    return offset;
  }

  private void release(long offset, long size) {
    Map.Entry<Long, Long> before = gaps.floorEntry(offset);
    if (before != null && before.getKey() + before.getValue() == offset) {
      gaps.remove(before.getKey());
      offset = before.getKey();
      size += before.getValue();
    }
    Long after = gaps.remove(offset + size);
    gaps.put(offset, after == null ? size : size + after);
  }

  /** Bytes of the whole block. */
  long bytes() {
    return bytes;
  }

  /** Where a storage lies in the block. */
  long offset(Storage storage) {
    return offsets.get(storage);
  }
}
