package io.picaflor.kvcache;

import io.picaflor.kvcache.MemorySource.Region;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The memory of one session: {@link PositionBuffer}s, {@link StateBuffer}s, and the position up to which they are filled.
 *
 * <p>A step goes like this: {@link #makeRoom} for its rows, the kernels write, {@link #advance} by the rows that count. After
 * a step that failed in between, {@link #rewind} to the position says how much of the states is still good. Slots behind the
 * position may hold anything, and are written before they are read.
 *
 * <p>Belongs to one thread at a time. {@link #close} frees the memory; segments taken from here are invalid then.
 */
public final class KvCache implements AutoCloseable {
  /** A slot of a snapshot that holds none. */
  private static final int NONE = -1;

  private final Shape shape;
  private final MemorySource source;
  private final List<Region> regions = new ArrayList<>();
  private final int capacity;
  private final List<PositionBuffer> buffers = new ArrayList<>();
  private final List<StateBuffer> states = new ArrayList<>();
  private final int[] snapshots;
  private final int largestStep;
  private int position;
  private int room;
  private boolean closed;

  /** What a cache is made of: the context's length, and the size of each buffer. */
  public record Shape(int contextLength, List<BlockShape> buffers, List<Long> stateBytes, int snapshots) {
    /**
     * Checks the sizes.
     *
     * @param contextLength the most positions that are ever filled, at least 1
     * @param buffers buffers with a slot for each position
     * @param stateBytes bytes of each state that has none
     * @param snapshots how many snapshots of the states are kept; the oldest gives way
     */
    public Shape {
      if (contextLength < 1) {
        throw new IllegalArgumentException("capacity: expected at least 1 position, found " + contextLength);
      }
      if (snapshots < 0) {
        throw new IllegalArgumentException("snapshots: expected 0 or more, found " + snapshots);
      }
      buffers = List.copyOf(buffers);
      stateBytes = List.copyOf(stateBytes);
      for (long bytes : stateBytes) {
        if (bytes < 1) {
          throw new IllegalArgumentException("state: expected a positive size, found " + bytes);
        }
      }
      for (BlockShape buffer : buffers) {
        if (buffer.window() > buffer.capacity() && buffer.capacity() < contextLength) {
          throw new IllegalArgumentException(
              "KV buffer: expected room for " + contextLength + " positions or for the window, found " + buffer);
        }
      }
    }

    /** Bytes of all buffers and states when they are full, snapshots included. */
    public long bytes() {
      long bytes = 0;
      for (BlockShape buffer : buffers) {
        bytes = Math.addExact(bytes, aligned(buffer.bytes()));
      }
      for (long state : stateBytes) {
        bytes = Math.addExact(bytes, Math.multiplyExact(aligned(state), snapshots + 1));
      }
      return bytes;
    }

    private static long aligned(long bytes) {
      return Math.multiplyExact(Math.ceilDiv(bytes, MemorySource.ALIGNMENT), MemorySource.ALIGNMENT);
    }
  }

  /**
   * Makes all buffers.
   *
   * @throws OutOfMemoryError if the machine has not so much memory
   */
  public KvCache(Shape shape, MemorySource source) {
    this.shape = shape;
    this.source = source;
    capacity = shape.contextLength();
    snapshots = new int[shape.snapshots()];
    Arrays.fill(snapshots, NONE);
    try {
      Optional<Region> whole = shape.bytes() == 0 ? Optional.empty() : source.reserve(shape.bytes());
      whole.ifPresent(regions::add);
      long at = 0;
      for (BlockShape buffer : shape.buffers()) {
        buffers.add(
            whole.isPresent()
                ? new PositionBuffer(buffer, capacity, whole.get().memory().asSlice(at, buffer.bytes()))
                : new PositionBuffer(buffer, capacity, source));
        at += Shape.aligned(buffer.bytes());
      }
      for (long bytes : shape.stateBytes()) {
        long all = Math.multiplyExact(Shape.aligned(bytes), shape.snapshots() + 1);
        MemorySegment memory = whole.isPresent() ? whole.get().memory().asSlice(at, all) : allocate(source, all);
        states.add(new StateBuffer(bytes, memory));
        at += all;
      }
    } catch (OutOfMemoryError e) {
      close();
      throw e;
    }
    largestStep = buffers.stream().mapToInt(PositionBuffer::largestStep).min().orElse(Integer.MAX_VALUE);
  }

  private MemorySegment allocate(MemorySource source, long bytes) {
    Region region = source.allocate(bytes);
    regions.add(region);
    return region.memory();
  }

  /** The buffers with slots of positions, as the shape lists them. */
  public List<PositionBuffer> buffers() {
    return Collections.unmodifiableList(buffers);
  }

  /** The states, as the shape lists them. */
  public List<StateBuffer> states() {
    return Collections.unmodifiableList(states);
  }

  /** The number of positions that there is room for. */
  public int capacity() {
    return capacity;
  }

  /** The number of positions that are filled, which is the position of the next token. */
  public int position() {
    return position;
  }

  /** The number of positions that are still free. */
  public int remaining() {
    return capacity - position;
  }

  /** The most positions that one step may fill, by the rings; the context may have fewer left. */
  public int largestStep() {
    return largestStep;
  }

  /**
   * Makes room for the next positions; from now on their slots may be written.
   *
   * @throws IllegalArgumentException if there are not so many left, or a ring is too small for them
   * @throws OutOfMemoryError if the machine has not so much memory; what was there is kept
   */
  public void makeRoom(int positions) {
    int most = Math.min(remaining(), largestStep());
    if (positions < 0 || positions > most) {
      throw new IllegalArgumentException("room: expected 0 to " + most + " positions, found " + positions);
    }
    for (PositionBuffer buffer : buffers) {
      buffer.makeRoom(position + positions);
    }
    room = Math.max(room, position + positions);
  }

  /**
   * Counts positions that have just been filled.
   *
   * @throws IllegalArgumentException if room was not made for so many
   */
  public void advance(int positions) {
    if (positions < 0 || positions > room - position) {
      throw new IllegalArgumentException(
          "advance: expected 0 to " + (room - position) + " positions, found " + positions);
    }
    position += positions;
  }

  /** Keeps a copy of the states at this position, so that {@link #rewind} can come back to it. */
  public void snapshot() {
    if (snapshots.length == 0) {
      throw new IllegalStateException("snapshot: this cache was made to keep none");
    }
    int slot = slotForSnapshot();
    for (StateBuffer state : states) {
      state.save(slot);
    }
    snapshots[slot] = position;
  }

  /** The slot of an earlier snapshot of this position, else an empty one, else the oldest. */
  private int slotForSnapshot() {
    int best = 0;
    for (int slot = 0; slot < snapshots.length; slot++) {
      if (snapshots[slot] == position) {
        return slot;
      }
      best = snapshots[slot] < snapshots[best] ? slot : best;
    }
    return best;
  }

  /**
   * Goes back to an earlier position, or as near before it as can be; what was filled behind is forgotten.
   *
   * <p>A full buffer goes back to anywhere. A ring goes back while it still holds the window before the position, and states
   * go to snapshots; everything goes to 0.
   *
   * @return the position that was reached; the caller feeds the tokens from there to {@code target} again
   * @throws IllegalArgumentException if that position is not filled
   */
  public int rewind(int target) {
    if (target < 0 || target > position) {
      throw new IllegalArgumentException("rewind: expected a position of 0 to " + position + ", found " + target);
    }
    if (states.isEmpty()) {
      position = reaches(target) ? target : 0;
    } else if (target != position || room > position) { // a step that failed has left the states anywhere
      position = restoreBefore(target);
    }
    forgetSnapshots(position);
    room = position;
    if (position == 0) {
      buffers.forEach(PositionBuffer::restart);
    }
    return position;
  }

  private boolean reaches(int target) {
    return buffers.stream().allMatch(buffer -> buffer.reaches(target));
  }

  /** Restores the last snapshot up to the target from where all rings still work; else zeros. */
  private int restoreBefore(int target) {
    int best = NONE;
    for (int slot = 0; slot < snapshots.length; slot++) {
      int at = snapshots[slot];
      if (at != NONE && at <= target && reaches(at) && (best == NONE || at > snapshots[best])) {
        best = slot;
      }
    }
    if (best == NONE) {
      states.forEach(StateBuffer::clear);
      return 0;
    }
    for (StateBuffer state : states) {
      state.restore(best);
    }
    return snapshots[best];
  }

  /** Snapshots behind a position belong to tokens that are forgotten. */
  private void forgetSnapshots(int behind) {
    for (int slot = 0; slot < snapshots.length; slot++) {
      if (snapshots[slot] > behind) {
        snapshots[slot] = NONE;
      }
    }
  }

  /**
   * Another cache of the same shape that holds the same, snapshots included; each goes its own way from now on. Only what is
   * filled is copied.
   *
   * @throws OutOfMemoryError if the machine has not so much memory
   */
  public KvCache fork() {
    KvCache copy = new KvCache(shape, source);
    try {
      for (int i = 0; i < buffers.size(); i++) {
        copy.buffers.get(i).copyFrom(buffers.get(i), position);
      }
    } catch (OutOfMemoryError e) {
      copy.close();
      throw e;
    }
    for (int i = 0; i < states.size(); i++) {
      copy.states.get(i).copyFrom(states.get(i));
      for (int slot = 0; slot < snapshots.length; slot++) {
        if (snapshots[slot] != NONE) {
          copy.states.get(i).copySnapshotFrom(states.get(i), slot);
        }
      }
    }
    System.arraycopy(snapshots, 0, copy.snapshots, 0, snapshots.length);
    copy.position = position;
    copy.room = room; // a step that failed has left the states of both anywhere
    return copy;
  }

  /** Makes room for all positions at once, which no step fills: of rings only the last ones will be there. */
  void makeRoomForAll(int positions) {
    buffers.forEach(buffer -> buffer.makeRoom(positions));
    room = positions;
  }

  /** Counts positions that were filled from elsewhere; what states there are is what one can go back to. */
  void beginAt(int filled) {
    position = filled;
    if (snapshots.length > 0) {
      snapshot();
    }
  }

  /** Frees the memory; a second time does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      buffers.forEach(PositionBuffer::close);
      regions.forEach(region -> region.free().run());
    }
  }
}
