package io.picaflor.kernels;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The result of a row of attention is the same bits in whatever chunks the rows come, on however many threads, in a ring and
 * in a full buffer, and whatever lies in slots that it does not see.
 */
class AttentionRowsTest {
  private static final int MOST = 210;

  /** What is computed; sizes that are no multiple of anything among them. */
  record Case(int kvHeads, int group, int keySize, int valueSize, boolean cap, boolean masked, int window,
      Precision precision, long seed) {
    AttentionShape shape() {
      return new AttentionShape(
          kvHeads * group, kvHeads, keySize, valueSize, (float) (1 / Math.sqrt(keySize)), cap ? 2f : 0f, window);
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<Integer> sizes = Arbitraries.of(1, 3, 8, 17, 40, 63, 64, 65, 80, 100, 128, 130);
    Arbitrary<Integer> windows =
        Arbitraries.oneOf(Arbitraries.integers().between(1, MOST), Arbitraries.just(Integer.MAX_VALUE));
    return Combinators.combine(
        Arbitraries.of(1, 2, 3), Arbitraries.of(1, 2, 3, 4, 5, 8), sizes, sizes, windows,
        Arbitraries.of(Precision.class), Arbitraries.integers().between(0, 3), Arbitraries.longs())
        .as((kv, group, k, v, window, precision, kind, seed) -> new Case(
            kv, group, k, v, kind == 1, kind == 2, window, precision, seed));
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void chunksAndThreadsAndRingsChangeNoBit(
      @ForAll @From("cases") Case one, @ForAll @IntRange(min = 1, max = MOST) int rows) {
    for (Kernels tier : Tiers.all()) {
      try (Arena arena = Arena.ofShared(); Workers single = new Workers(1); Workers three = new Workers(3)) {
        Random random = new Random(one.seed());
        Inputs inputs = new Inputs(arena, random, one, rows);
        Guarded expected = inputs.run(tier, single, MOST, List.of(rows));
        String what = tier.name() + ", " + one + ", " + rows + " rows";
        List<Integer> chunks = chunks(random, rows);
        Parity.assertSameBits(expected, inputs.run(tier, three, MOST, List.of(rows)), rows, what + ", three threads");
        Parity.assertSameBits(expected, inputs.run(tier, three, MOST, chunks), rows, what + ", chunks " + chunks);
        if (one.window() < MOST - 64 && !one.masked()) {
          List<Integer> few = chunks.stream().flatMap(n -> chunks(random, n, 20).stream()).toList();
          Guarded ring = inputs.run(tier, single, one.window() + 20, few);
          Parity.assertSameBits(expected, ring, rows, what + ", ring, chunks " + few);
        }
      }
    }
  }

  /** So much work that threads share one row's blocks and channels. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void threadsThatShareARowChangeNoBit(Precision precision) {
    threadsChangeNoBit(new Case(1, 8, 256, 200, false, false, Integer.MAX_VALUE, precision, Tiers.SEED));
    threadsChangeNoBit(new Case(2, 8, 128, 208, true, false, 180, precision, Tiers.SEED)); // several tiles and passes
  }

  private static void threadsChangeNoBit(Case one) {
    for (Kernels tier : Tiers.faster()) {
      try (Arena arena = Arena.ofShared(); Workers single = new Workers(1)) {
        Inputs inputs = new Inputs(arena, new Random(Tiers.SEED), one, MOST);
        List<Integer> chunks = List.of(MOST - 4, 1, 3);
        Guarded expected = inputs.run(tier, single, MOST, chunks);
        for (int threads = 2; threads < 5; threads++) {
          try (Workers workers = new Workers(threads)) {
            Guarded found = inputs.run(tier, workers, MOST, chunks);
            Parity.assertSameBits(expected, found, MOST, tier.name() + ", " + one + ", " + threads + " threads");
          }
        }
      }
    }
  }

  private static List<Integer> chunks(Random random, int rows) {
    return chunks(random, rows, rows);
  }

  private static List<Integer> chunks(Random random, int rows, int most) {
    List<Integer> chunks = new ArrayList<>();
    for (int left = rows; left > 0;) {
      int chunk = Math.min(Math.min(left, most), random.nextBoolean() ? 1 : 1 + random.nextInt(most));
      chunks.add(chunk);
      left -= chunk;
    }
    return chunks;
  }

  /** Queries, keys and values of all rows. */
  private static final class Inputs {
    private final Arena arena;
    private final Case of;
    private final Guarded q;
    private final Guarded k;
    private final Guarded v;
    private final Guarded mask;

    Inputs(Arena arena, Random random, Case of, int rows) {
      this.arena = arena;
      this.of = of;
      AttentionShape shape = of.shape();
      int keys = shape.kvHeads() * shape.keySize();
      int values = shape.kvHeads() * shape.valueSize();
      int queries = shape.heads() * shape.keySize();
      q = Guarded.of(arena, random, rows, queries, queries + 3, Matrices.Fill.RANDOM);
      k = Guarded.of(arena, random, rows, keys, keys, Matrices.Fill.RANDOM);
      v = Guarded.of(arena, random, rows, values, values + 1, Matrices.Fill.RANDOM);
      mask = Guarded.of(arena, random, rows, MOST, MOST, Matrices.Fill.RANDOM);
      for (int r = 0; r < rows; r++) {
        for (int p = 0; p < r; p++) { // its own position a row always sees
          if (random.nextInt(3) == 0) {
            mask.set(r, p, Float.NEGATIVE_INFINITY);
          }
        }
      }
    }

    Guarded run(Kernels tier, Workers workers, int capacity, List<Integer> chunks) {
      AttentionShape shape = of.shape();
      int whole = Math.ceilDiv(capacity, KvLayout.BLOCK) * KvLayout.BLOCK;
      var keys = KvBuffers.of(
          arena, new KvLayout(Kind.KEYS, shape.kvHeads(), shape.keySize(), of.precision(), whole));
      var values = KvBuffers.of(
          arena, new KvLayout(Kind.VALUES, shape.kvHeads(), shape.valueSize(), of.precision(), whole));
      int columns = shape.heads() * shape.valueSize();
      Guarded y = new Guarded(arena, q.matrix().rows(), columns, columns + 5);
      Operators operators = tier.operators(workers);
      int row = 0;
      for (int chunk : chunks) {
        operators.append(k.from(row), keys).run(chunk, row);
        operators.append(v.from(row), values).run(chunk, row);
        operators.attention(shape, q.from(row), keys, values, of.masked() ? mask.from(row) : null, y.from(row))
            .run(chunk, row);
        row += chunk;
      }
      y.assertNothingWrittenBeside(row, "y");
      return y;
    }
  }
}
