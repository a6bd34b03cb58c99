package io.picaflor.testfiles;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Copies of good files with some bytes wrong, or an end missing. */
public final class Damage {
  private static final int[] NUMBERS = {0, 1, -1, 2, 3, 7, 16, 255, 1 << 16, 1 << 20, 1 << 30, Integer.MAX_VALUE,
    Integer.MIN_VALUE};

  private Damage() {}

  /** A copy that is cut, or has up to three bits, bytes or numbers replaced. */
  public static byte[] of(byte[] content, Random random) {
    byte[] bytes = content.clone();
    if (random.nextInt(20) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    for (int flips = random.nextInt(3); flips >= 0; flips--) {
      int at = random.nextInt(bytes.length - 4);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1);
        default -> ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
            .putInt(at & ~3, NUMBERS[random.nextInt(NUMBERS.length)]);
      }
    }
    return bytes;
  }
}
