package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Turns rows of 32-bit words into columns, a square of as many words as a vector has lanes at a time: first within
 * groups of four lanes, then the groups themselves.
 */
final class VectorTransposition {
  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(Lanes.ORDER);

  /** Groups of four lanes in a vector: 1, 2 or 4. */
  private static final int GROUPS = Lanes.COUNT / 4;

  private static final VectorShuffle<Integer> SWAP_1 = swap(1);
  private static final VectorShuffle<Integer> SWAP_2 = swap(2);
  private static final VectorShuffle<Integer> SWAP_4 = swap(4);
  private static final VectorShuffle<Integer> SWAP_8 = swap(8);
  private static final VectorMask<Integer> BIT_1 = VectorMask.fromLong(INTS, 0xaaaaL);
  private static final VectorMask<Integer> BIT_2 = VectorMask.fromLong(INTS, 0xccccL);
  private static final VectorMask<Integer> BIT_4 = VectorMask.fromLong(INTS, 0xf0f0L);
  private static final VectorMask<Integer> BIT_8 = VectorMask.fromLong(INTS, 0xff00L);

  private VectorTransposition() {}

  private static VectorShuffle<Integer> swap(int distance) {
    return VectorShuffle.fromOp(INTS, lane -> (lane ^ distance) % Lanes.COUNT);
  }

  /**
   * {@code words[i][row] = word i of the row}.
   *
   * @param offset where the first row's first word is in {@code values}; rows are {@code rowBytes} apart
   * @param count words of each row, all within {@code values}
   * @param words {@code [i][row]}, {@code stride} apart; overwritten
   * @param square scratch of {@code COUNT * COUNT} words
   */
  static void turn(
      MemorySegment values, long offset, long rowBytes, int rows, int count, int[] words, int stride, int[] square) {
    int wholeRows = rows / Lanes.COUNT * Lanes.COUNT;
    int whole = count / Lanes.COUNT * Lanes.COUNT;
    for (int row = 0; row < wholeRows; row += Lanes.COUNT) {
      for (int i = 0; i < whole; i += Lanes.COUNT) {
        turnGroups(values, offset + row * rowBytes + 4L * i, rowBytes, square);
        turnSquare(square, words, i * stride + row, stride);
      }
    }
    turnOneByOne(values, offset, rowBytes, 0, wholeRows, whole, count, words, stride);
    turnOneByOne(values, offset, rowBytes, wholeRows, rows, 0, count, words, stride);
  }

  private static void turnOneByOne(
      MemorySegment values, long offset, long rowBytes, int fromRow, int toRow, int from, int count, int[] words,
      int stride) {
    for (int row = fromRow; row < toRow; row++) {
      long at = offset + row * rowBytes;
      for (int i = from; i < count; i++) {
        words[i * stride + row] = values.get(WORD, at + 4L * i);
      }
    }
  }

  /**
   * Four rows at a time: vector j of group g holds, in each group h of its lanes, word 4 h + j of the rows 4 g to 4 g +
   * 3.
   */
  private static void turnGroups(MemorySegment values, long offset, long rowBytes, int[] square) {
    for (int g = 0; g < GROUPS; g++) {
      long at = offset + 4 * g * rowBytes;
      Lanes.markFaults(values, at);
      IntVector a = IntVector.fromMemorySegment(INTS, values, at, Lanes.ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, values, at + rowBytes, Lanes.ORDER);
      IntVector c = IntVector.fromMemorySegment(INTS, values, at + 2 * rowBytes, Lanes.ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, values, at + 3 * rowBytes, Lanes.ORDER);
      IntVector a1 = a.blend(b.rearrange(SWAP_1), BIT_1);
      IntVector b1 = a.rearrange(SWAP_1).blend(b, BIT_1);
      IntVector c1 = c.blend(d.rearrange(SWAP_1), BIT_1);
      IntVector d1 = c.rearrange(SWAP_1).blend(d, BIT_1);
      IntVector a2 = a1.blend(c1.rearrange(SWAP_2), BIT_2);
      IntVector c2 = a1.rearrange(SWAP_2).blend(c1, BIT_2);
      IntVector b2 = b1.blend(d1.rearrange(SWAP_2), BIT_2);
      IntVector d2 = b1.rearrange(SWAP_2).blend(d1, BIT_2);
      a2.intoArray(square, (0 * GROUPS + g) * Lanes.COUNT);
      b2.intoArray(square, (1 * GROUPS + g) * Lanes.COUNT);
      c2.intoArray(square, (2 * GROUPS + g) * Lanes.COUNT);
      d2.intoArray(square, (3 * GROUPS + g) * Lanes.COUNT);
    }
  }

  /** The groups' turn: word 4 h + j of all rows is group h of the vectors j. */
  private static void turnSquare(int[] square, int[] words, int to, int stride) {
    for (int j = 0; j < 4; j++) {
      int from = j * Lanes.COUNT * GROUPS;
      int at = to + j * stride;
      IntVector a = IntVector.fromArray(INTS, square, from);
      if (GROUPS == 1) {
        a.intoArray(words, at);
      } else if (GROUPS == 2) {
        IntVector b = IntVector.fromArray(INTS, square, from + Lanes.COUNT);
        a.blend(b.rearrange(SWAP_4), BIT_4).intoArray(words, at);
        a.rearrange(SWAP_4).blend(b, BIT_4).intoArray(words, at + 4 * stride);
      } else {
        IntVector b = IntVector.fromArray(INTS, square, from + Lanes.COUNT);
        IntVector c = IntVector.fromArray(INTS, square, from + 2 * Lanes.COUNT);
        IntVector d = IntVector.fromArray(INTS, square, from + 3 * Lanes.COUNT);
        IntVector a1 = a.blend(b.rearrange(SWAP_4), BIT_4);
        IntVector b1 = a.rearrange(SWAP_4).blend(b, BIT_4);
        IntVector c1 = c.blend(d.rearrange(SWAP_4), BIT_4);
        IntVector d1 = c.rearrange(SWAP_4).blend(d, BIT_4);
        IntVector a2 = a1.blend(c1.rearrange(SWAP_8), BIT_8);
        IntVector c2 = a1.rearrange(SWAP_8).blend(c1, BIT_8);
        IntVector b2 = b1.blend(d1.rearrange(SWAP_8), BIT_8);
        IntVector d2 = b1.rearrange(SWAP_8).blend(d1, BIT_8);
        a2.intoArray(words, at);
        b2.intoArray(words, at + 4 * stride);
        c2.intoArray(words, at + 8 * stride);
        d2.intoArray(words, at + 12 * stride);
      }
    }
  }
}
