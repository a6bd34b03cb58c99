package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keys, values and attention of each tier, the specification among them, against exact arithmetic; so two tiers differ by
 * twice the bound at most. What is not stored is NaN, in the buffers too.
 */
class AttentionParityTest {
  private static final int ALL = Integer.MAX_VALUE;

  /** How rows are masked beside the window. */
  private enum Mask {
    NONE,
    /** Some positions, but never the row's own. */
    MINUS_INFINITY,
    /** What exporters fill in instead. */
    LARGE,
    /** Numbers of any kind, as relative positions are encoded. */
    NUMBERS
  }

  /** A session's attention, step by step, with all it has ever stored. */
  private static final class Steps implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Random random;
    private final Kernels tier;
    private final AttentionShape shape;
    private final Precision precision;
    private final Workers workers;
    private final KvBuffers.Fixed keys;
    private final KvBuffers.Fixed values;
    private final List<Guarded> keyRows = new ArrayList<>();
    private final List<Guarded> valueRows = new ArrayList<>();
    private int position;
    Mask mask = Mask.NONE;
    Matrices.Fill fill = Matrices.Fill.RANDOM;
    float special;

    Steps(Kernels tier, AttentionShape shape, Precision precision, int capacity) {
      this.tier = tier;
      this.shape = shape;
      this.precision = precision;
      random = new Random(Tiers.SEED + shape.hashCode());
      workers = new Workers(1 + random.nextInt(3));
      keys = KvBuffers.of(arena, new KvLayout(Kind.KEYS, shape.kvHeads(), shape.keySize(), precision, capacity));
      values = KvBuffers.of(arena, new KvLayout(Kind.VALUES, shape.kvHeads(), shape.valueSize(), precision, capacity));
    }

    /** Stores the keys and values of some rows and attends with them. */
    void step(int rows) {
      Operators operators = tier.operators(workers);
      Guarded k = rows(rows, shape.kvHeads() * shape.keySize());
      Guarded v = rows(rows, shape.kvHeads() * shape.valueSize());
      Guarded q = rows(rows, shape.heads() * shape.keySize());
      if (special != 0) {
        q.set(rows / 2, 0, special);
      }
      operators.append(k.matrix(), keys).run(rows, position);
      operators.append(v.matrix(), values).run(rows, position);
      for (int r = 0; r < rows; r++) {
        keyRows.add(k);
        valueRows.add(v);
      }
      Guarded masked = mask == Mask.NONE ? null : mask(rows);
      Guarded y = new Guarded(arena, rows, shape.heads() * shape.valueSize(), shape.heads() * shape.valueSize() + 3);
      operators.attention(shape, q.matrix(), keys, values, masked == null ? null : masked.matrix(), y.matrix())
          .run(rows, position);
      String what =
          tier.name() + ", " + shape + ", " + precision + ", " + rows + " rows at " + position + ", mask " + mask;
      y.assertNothingWrittenBeside(rows, what);
      keys.assertNothingWrittenBeside(what);
      values.assertNothingWrittenBeside(what);
      for (int r = 0; r < rows; r++) {
        for (int head = 0; head < shape.heads(); head++) {
          compare(q, masked, y, r, head, what);
        }
      }
      position += rows;
    }

    private Guarded rows(int rows, int columns) {
      return Guarded.of(arena, random, rows, columns, columns + 5 * random.nextInt(2), fill);
    }

    private Guarded mask(int rows) {
      int context = position + rows;
      Guarded result = new Guarded(arena, rows, context, context + 9);
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < context; j++) {
          boolean hidden = j != position + r && random.nextInt(3) == 0;
          float value = switch (mask) {
            case NONE -> 0f;
            case MINUS_INFINITY -> hidden ? Float.NEGATIVE_INFINITY : 0f;
            case LARGE -> hidden ? -2.38e38f : 0f;
            case NUMBERS -> (float) random.nextGaussian() * 4;
          };
          result.set(r, j, value);
        }
      }
      return result;
    }

    private void compare(Guarded q, Guarded masked, Guarded y, int row, int head, String what) {
      int kvHead = head / (shape.heads() / shape.kvHeads());
      int last = position + row;
      float[] query = channels(q, row, head, shape.keySize());
      float[][] k = history(keyRows, last, kvHead, shape.keySize());
      float[][] v = history(valueRows, last, kvHead, shape.valueSize());
      float[] added = masked == null ? null : channels(masked, row, 0, last + 1);
      ExactAttention exact = new ExactAttention(shape, query, k, v, added, last);
      for (int c = 0; c < shape.valueSize(); c++) {
        float found = y.at(row, head * shape.valueSize() + c);
        String where = what + ", row " + row + ", head " + head + ", channel " + c + ", seed " + Tiers.SEED;
        if (Double.isNaN(exact.result[c])) {
          assertTrue(Float.isNaN(found), where + ": expected NaN, found " + found);
        } else {
          double difference = Math.abs(found - exact.result[c]);
          assertTrue(difference <= exact.bound[c], where + ": expected " + exact.result[c] + ", found " + found
              + ", which differs by " + difference + ", more than " + exact.bound[c]);
        }
      }
    }

    private static float[] channels(Guarded rows, int row, int head, int size) {
      float[] result = new float[size];
      for (int c = 0; c < size; c++) {
        result[c] = rows.at(row, head * size + c);
      }
      return result;
    }

    /** What was stored at each position up to the last, read from where it came from. */
    private float[][] history(List<Guarded> rows, int last, int head, int size) {
      float[][] result = new float[last + 1][];
      int start = 0;
      for (int p = 0; p <= last; p++) {
        start = p > 0 && rows.get(p) == rows.get(p - 1) ? start : p;
        result[p] = channels(rows.get(p), p - start, head, size);
        for (int c = 0; c < size; c++) {
          result[p][c] = ExactAttention.stored(result[p][c], precision);
        }
      }
      return result;
    }

    @Override
    public void close() {
      workers.close();
      arena.close();
    }
  }

  private static AttentionShape shape(int heads, int kvHeads, int size, int window) {
    return new AttentionShape(heads, kvHeads, size, size, (float) (1 / Math.sqrt(size)), 0f, window);
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void anyNumberOfRowsAtAnyPositionIsWithinItsBound(Kernels tier) {
    for (int first : new int[] {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129}) {
      try (Steps steps = new Steps(tier, shape(2, 1, 16, ALL), Precision.F32, 192)) {
        steps.step(first);
        for (int rows : new int[] {1, 2, 3, 4, 5, 8, 33}) {
          steps.step(rows);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void anyNumberOfHeadsAndChannelsIsWithinItsBound(Kernels tier) {
    int[] sizes = {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 128, 256};
    for (int heads = 1; heads <= 9; heads++) {
      for (int kvHeads = 1; kvHeads <= heads; kvHeads++) {
        int size = sizes[(heads * 5 + kvHeads) % sizes.length];
        int valueSize = heads % 2 == 0 ? size : sizes[(heads + 3 * kvHeads) % sizes.length];
        if (heads % kvHeads == 0) {
          AttentionShape shape = new AttentionShape(
              heads, kvHeads, size, valueSize, (float) (1 / Math.sqrt(size)), 0f, ALL);
          try (Steps steps = new Steps(tier, shape, Precision.F32, 128)) {
            steps.step(66);
            steps.step(1);
            steps.step(3);
          }
        }
      }
    }
    for (int size : sizes) {
      for (Precision precision : Precision.values()) {
        try (Steps steps = new Steps(tier, shape(1, 1, size, ALL), precision, 128)) {
          steps.step(65);
          steps.step(1);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void windowsHideWhatIsBeforeThem(Kernels tier) {
    for (int window : new int[] {1, 2, 5, 16, 63, 64, 65, 100, 128, 300}) {
      for (Precision precision : Precision.values()) {
        try (Steps steps = new Steps(tier, shape(4, 2, 8, window), precision, 320)) {
          for (int rows : new int[] {1, 33, 1, 70, 2, 64, 1, 1, 100}) {
            steps.step(rows);
          }
        }
      }
    }
  }

  /** The capacity is what the window and the largest step need, rounded up to blocks; the steps go around three times. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void ringsForgetWhatTheWindowHides(Kernels tier) {
    for (int window : new int[] {1, 31, 32, 33, 64, 65, 96, 128}) {
      for (Precision precision : Precision.values()) {
        int capacity = Math.ceilDiv(window + 33 - 1, KvLayout.BLOCK) * KvLayout.BLOCK;
        try (Steps steps = new Steps(tier, shape(3, 1, 8, window), precision, capacity)) {
          while (steps.position < 3 * capacity) {
            steps.step(33);
            steps.step(1);
            steps.step(8);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void capsAndMasksAreWithinTheirBounds(Kernels tier) {
    for (Mask mask : Mask.values()) {
      for (float cap : new float[] {0f, 3f, 50f}) {
        for (int window : new int[] {40, ALL}) {
          AttentionShape shape = new AttentionShape(4, 2, 16, 24, 0.3f, cap, window);
          try (Steps steps = new Steps(tier, shape, Precision.F32, 192)) {
            steps.mask = mask;
            for (int rows : new int[] {1, 5, 65, 1, 33, 70}) {
              steps.step(rows);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void extremeNumbersAreWithinTheirBounds(Kernels tier) {
    for (Matrices.Fill fill : Matrices.Fill.values()) {
      for (Precision precision : Precision.values()) {
        try (Steps steps = new Steps(tier, shape(2, 1, 64, ALL), precision, 192)) {
          steps.fill = fill;
          steps.step(129);
          steps.step(1);
          steps.fill = Matrices.Fill.RANDOM; // among what is the same or zero until here
          steps.step(3);
          steps.step(1);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void aQueryThatIsNoNumberSpoilsItsOwnHeadAndRowOnly(Kernels tier) {
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      try (Steps steps = new Steps(tier, shape(4, 2, 16, ALL), Precision.F32, 192)) {
        steps.special = special;
        for (int rows : new int[] {1, 5, 65, 1, 33}) {
          steps.step(rows);
        }
      }
    }
  }

  /** What stands under a mask of minus infinity counts nothing, even where it is no number. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void whatIsMaskedMayBeNaN(Kernels tier) {
    for (int size : new int[] {3, 16, 21, 80}) {
      for (Precision precision : Precision.values()) {
        for (int rows : new int[] {1, 5, 8}) {
          whatIsMaskedMayBeNaN(tier, size, precision, rows);
        }
      }
    }
  }

  private static void whatIsMaskedMayBeNaN(Kernels tier, int size, Precision precision, int rows) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(2)) {
      Random random = new Random(Tiers.SEED);
      AttentionShape shape = shape(2, 1, size, ALL);
      Operators operators = tier.operators(workers);
      KvBuffers.Fixed keys = KvBuffers.of(arena, new KvLayout(Kind.KEYS, 1, size, precision, 128));
      KvBuffers.Fixed values = KvBuffers.of(arena, new KvLayout(Kind.VALUES, 1, size, precision, 128));
      Guarded k = Guarded.of(arena, random, 100, size, size, Matrices.Fill.RANDOM);
      Guarded v = Guarded.of(arena, random, 100, size, size, Matrices.Fill.RANDOM);
      Guarded q = Guarded.of(arena, random, rows, 2 * size, 2 * size, Matrices.Fill.RANDOM);
      Guarded mask = Guarded.of(arena, random, rows, 100, 100, Matrices.Fill.ZERO);
      int[] hidden = {0, 5, 64, 70};
      for (int row = 0; row < rows; row++) {
        for (int at : hidden) {
          mask.set(row, at, Float.NEGATIVE_INFINITY);
        }
      }
      Guarded expected = new Guarded(arena, rows, 2 * size, 2 * size);
      Guarded found = new Guarded(arena, rows, 2 * size, 2 * size);
      for (Guarded y : new Guarded[] {expected, found}) {
        operators.append(k.matrix(), keys).run(100, 0);
        operators.append(v.matrix(), values).run(100, 0);
        operators.attention(shape, q.matrix(), keys, values, mask.matrix(), y.matrix()).run(rows, 100 - rows);
        for (int at : hidden) {
          v.set(at, size - 1, Float.NaN);
          v.set(at, 0, Float.POSITIVE_INFINITY);
        }
      }
      assertTrue(Float.isFinite(expected.at(rows - 1, size - 1)));
      Parity.assertSameBits(expected, found, rows, tier.description() + ", " + size + ", " + precision + ", " + rows);
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void aRowThatSeesNothingIsNaN(Kernels tier) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      Random random = new Random(Tiers.SEED);
      Operators operators = tier.operators(workers);
      KvBuffers.Fixed keys = KvBuffers.of(arena, new KvLayout(Kind.KEYS, 1, 8, Precision.F32, 64));
      KvBuffers.Fixed values = KvBuffers.of(arena, new KvLayout(Kind.VALUES, 1, 8, Precision.F32, 64));
      Guarded x = Guarded.of(arena, random, 2, 8, 8, Matrices.Fill.RANDOM);
      Guarded mask = Guarded.of(arena, random, 2, 2, 2, Matrices.Fill.ZERO);
      mask.set(0, 0, Float.NEGATIVE_INFINITY);
      mask.set(0, 1, Float.NEGATIVE_INFINITY);
      Guarded y = new Guarded(arena, 2, 8, 8);
      operators.append(x.matrix(), keys).run(2, 0);
      operators.append(x.matrix(), values).run(2, 0);
      operators.attention(shape(1, 1, 8, ALL), x.matrix(), keys, values, mask.matrix(), y.matrix()).run(2, 0);
      for (int c = 0; c < 8; c++) {
        assertTrue(Float.isNaN(y.at(0, c)), tier.name() + ": " + y.at(0, c));
        assertTrue(Float.isFinite(y.at(1, c)), tier.name() + ": " + y.at(1, c));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void whatIsStoredIsEqualInAllTiers(Precision precision) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(2)) {
      Random random = new Random(Tiers.SEED);
      for (Kind kind : Kind.values()) {
        for (int size : new int[] {1, 7, 8, 15, 16, 17, 33, 64}) {
          KvLayout layout = new KvLayout(kind, 3, size, precision, 128);
          KvBuffers.Fixed expected = KvBuffers.of(arena, layout);
          Guarded x = Guarded.of(arena, random, 70, 3 * size, 3 * size + 5, Matrices.Fill.RANDOM);
          x.set(5, 0, Float.POSITIVE_INFINITY);
          x.set(6, 0, 3.4e38f); // an infinity in bfloat16
          x.set(7, 0, -0f);
          x.set(8, 0, 1f + 0x1p-8f); // a half that goes to even
          x.set(9, 0, Float.MIN_VALUE);
          new ScalarKernels().operators(workers).append(x.matrix(), expected).run(70, 100);
          for (Kernels tier : Tiers.faster()) {
            KvBuffers.Fixed found = KvBuffers.of(arena, layout);
            tier.operators(workers).append(x.matrix(), found).run(70, 100);
            assertEquals(-1, expected.whole().mismatch(found.whole()), tier.name() + ", " + layout);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void aStoredNaNStaysNaN(Kernels tier) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      for (Kind kind : Kind.values()) {
        for (int bits : new int[] {0x7f80_0001, 0x7fff_ffff, 0xffff_ffff, 0x7fc0_0000}) {
          KvBuffers.Fixed buffer = KvBuffers.of(arena, new KvLayout(kind, 1, 1, Precision.BF16, 64));
          buffer.memory().fill((byte) 0);
          Matrix x = Matrix.dense(arena.allocateFrom(ValueLayout.JAVA_INT, bits), 1, 1);
          tier.operators(workers).append(x, buffer).run(1, 0);
          int stored = buffer.memory().get(ValueLayout.JAVA_SHORT, 0) << 16;
          assertTrue(Float.isNaN(Float.intBitsToFloat(stored)), tier.name() + ": " + Integer.toHexString(stored));
        }
      }
    }
  }
}
