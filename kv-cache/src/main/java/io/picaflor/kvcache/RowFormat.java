package io.picaflor.kvcache;

import java.lang.foreign.MemorySegment;

/**
 * How the numbers of a position are taken out of a buffer, and put into it: known to whoever fills the buffer.
 *
 * <p>A row is plain: the numbers of one position in an order that no layout changes, without gaps. Immutable, for any thread.
 */
public interface RowFormat {
  /** The numbers of a row. */
  int numbers();

  /** Bytes of a number. */
  int numberBytes();

  /** Bytes of a row. */
  default long rowBytes() {
    return (long) numbers() * numberBytes();
  }

  /**
   * Copies a position out of a buffer.
   *
   * @param buffer the buffer's memory
   * @param row of {@link #rowBytes()}, overwritten
   */
  void take(MemorySegment buffer, int position, MemorySegment row);

  /**
   * Copies a position into a buffer that has room for it.
   *
   * @param row of {@link #rowBytes()}
   * @param buffer the buffer's memory
   */
  void put(MemorySegment row, int position, MemorySegment buffer);
}
