package io.picaflor.reference;

import io.picaflor.graph.Tensor;

/**
 * The memory behind one or several {@link Value}s: views share it, and so does a KV cache that is updated in place.
 *
 * <p>Made while a graph is lowered; afterwards only {@link #slot} counts, the index of its segment in a {@link Frame}.
 */
final class Storage {
  /** Where the memory comes from. */
  sealed interface Origin {
    /** Scratch memory of the frame, shared with values that live at other times. */
    record Temporary() implements Origin {}

    /** An operand of the signature, set anew for each run. */
    record Input(String name) implements Origin {}

    /**
     * What a session keeps from run to run.
     *
     * @param returned whether this signature gives out the next value under the same name; else it only reads it
     */
    record State(String name, boolean returned) implements Origin {}

    /** A constant of the file, widened to float32 if {@code dequantized}. */
    record Constant(Tensor tensor, boolean dequantized) implements Origin {}
  }

  private final int slot;
  private final Origin origin;
  private final long bytes;
  private int lastRead = -1;
  private boolean materialized;

  Storage(int slot, Origin origin, long bytes) {
    this.slot = slot;
    this.origin = origin;
    this.bytes = bytes;
  }

  int slot() {
    return slot;
  }

  Origin origin() {
    return origin;
  }

  long bytes() {
    return bytes;
  }

  /** Whether an operation may overwrite a part of it once nobody reads the rest: not what belongs to the file or the caller. */
  boolean mayBeOverwritten() {
    return switch (origin) {
      case Origin.Temporary _ -> true;
      case Origin.State state -> state.returned();
      case Origin.Input _ -> false;
      case Origin.Constant _ -> false;
    };
  }

  /** Notes that some step reads a constant as plain memory, and not only as packed weights. */
  void materialize() {
    materialized = true;
  }

  boolean isMaterialized() {
    return materialized;
  }

  /** The last step that reads any value in this memory. */
  int lastRead() {
    return lastRead;
  }

  void readAt(int step) {
    lastRead = Math.max(lastRead, step);
  }
}
