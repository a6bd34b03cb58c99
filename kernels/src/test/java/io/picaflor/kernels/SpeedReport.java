package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import jdk.incubator.vector.FloatVector;

/**
 * Measures the tier that runs here, by hand: decode in bytes of weights a second, prefill in multiply-adds a second,
 * beside the peak of float32 multiply-adds of the same minute. Times are the first decile of the passes.
 *
 * <p>Arguments: parts of case names to run; none means all.
 */
final class SpeedReport {
  private static final double SECONDS = Double.parseDouble(System.getProperty("seconds", "2"));
  private static final Kernels KERNELS = Kernels.choose(null);
  private static float sink;

  private SpeedReport() {}

  public static void main(String[] names) {
    System.out.println(KERNELS.description() + ", " + Runtime.version());
    System.out.printf("peak of float32 multiply-adds, 1 thread: %.1f GMAC/s%n", peak());
    for (int threads : new int[] {1, 2}) {
      try (Arena arena = Arena.ofShared(); Workers workers = new Workers(threads)) {
        Random random = new Random(1);
        decode(names, arena, random, workers);
        prefill(names, arena, random, workers);
        attention(names, arena, random, workers);
      }
    }
    System.out.printf("peak of float32 multiply-adds, 1 thread: %.1f GMAC/s%n", peak());
  }

  private static void decode(String[] names, Arena arena, Random random, Workers workers) {
    int head = 262_144;
    one(names, "decode head int8", arena, workers, 1,
        () -> Matrices.perChannel(arena, random, head, 640, 8, Matrices.Fill.RANDOM));
    one(names, "decode head int4", arena, workers, 1,
        () -> Matrices.perChannel(arena, random, head, 640, 4, Matrices.Fill.RANDOM));
    one(names, "decode head int2", arena, workers, 1,
        () -> Matrices.perChannel(arena, random, head, 640, 2, Matrices.Fill.RANDOM));
    one(names, "decode head blocks", arena, workers, 1,
        () -> Matrices.blocks(arena, random, head, 640, 32, Matrices.Fill.RANDOM));
    for (int[] shape : new int[][] {{2048, 640}, {640, 2048}, {640, 1024}, {1536, 576}}) {
      String size = shape[1] + " to " + shape[0];
      one(names, "decode layer int8 " + size, arena, workers, 1,
          () -> Matrices.perChannel(arena, random, shape[0], shape[1], 8, Matrices.Fill.RANDOM));
      one(names, "decode layer blocks " + size, arena, workers, 1,
          () -> Matrices.blocks(arena, random, shape[0], shape[1], 32, Matrices.Fill.RANDOM));
    }
  }

  private static void prefill(String[] names, Arena arena, Random random, Workers workers) {
    for (int rows : new int[] {4, 32, 128, 512}) {
      String what = "prefill " + rows + " rows ";
      one(names, what + "int8", arena, workers, rows,
          () -> Matrices.perChannel(arena, random, 2048, 640, 8, Matrices.Fill.RANDOM));
      one(names, what + "int4", arena, workers, rows,
          () -> Matrices.perChannel(arena, random, 2048, 640, 4, Matrices.Fill.RANDOM));
      one(names, what + "blocks", arena, workers, rows,
          () -> Matrices.blocks(arena, random, 2048, 640, 32, Matrices.Fill.RANDOM));
      one(names, what + "float32", arena, workers, rows,
          () -> Matrices.float32(arena, random, 2048, 640, Matrices.Fill.RANDOM));
    }
    one(names, "prefill 128 rows int8 2048 to 640", arena, workers, 128,
        () -> Matrices.perChannel(arena, random, 640, 2048, 8, Matrices.Fill.RANDOM));
  }

  private static void attention(String[] names, Arena arena, Random random, Workers workers) {
    int[][] shapes = {{4, 256, 1280}, {4, 1280, 256}, {512, 256, 1280}, {512, 1280, 256}, {3, 64, 1280}, {3, 1280, 64}};
    for (int[] s : shapes) {
      for (boolean transposed : new boolean[] {true, false}) {
        String name = "product " + s[0] + "x" + s[1] + "x" + s[2] + (transposed ? " transposed" : "");
        if (!wanted(names, name)) {
          continue;
        }
        MemorySegment a = Matrices.activations(arena, random, (long) s[0] * s[1], Matrices.Fill.RANDOM);
        MemorySegment b = Matrices.activations(arena, random, (long) s[1] * s[2], Matrices.Fill.RANDOM);
        MemorySegment c = Matrices.floats(arena, (long) s[0] * s[2]);
        double nanos = firstDecile(() -> KERNELS.matrixProduct(a, b, transposed, s[0], s[1], s[2], c, workers));
        report(name, workers, nanos, 4.0 * s[1] * s[2], (double) s[0] * s[1] * s[2]);
      }
    }
  }

  private static void one(
      String[] names, String name, Arena arena, Workers workers, int rows, Supplier<WeightMatrix> maker) {
    if (!wanted(names, name)) {
      return;
    }
    WeightMatrix weights = maker.get();
    PackedWeights packed = KERNELS.pack(weights);
    MemorySegment x = Matrices.activations(arena, new Random(2), (long) rows * weights.columns(), Matrices.Fill.RANDOM);
    MemorySegment y = Matrices.floats(arena, (long) rows * weights.rows());
    double nanos = firstDecile(() -> KERNELS.fullyConnected(x, rows, packed, null, y, workers));
    report(name, workers, nanos, weights.values().byteSize(), (double) rows * weights.rows() * weights.columns());
  }

  private static boolean wanted(String[] names, String name) {
    return names.length == 0 || Arrays.stream(names).anyMatch(name::contains);
  }

  private static void report(String name, Workers workers, double nanos, double bytes, double products) {
    System.out.printf("%-42s %d thread(s) %10.1f us %7.1f GB/s of weights %7.1f GMAC/s%n",
        name, workers.threads(), nanos / 1e3, bytes / nanos, products / nanos);
  }

  private static double firstDecile(Runnable pass) {
    long warm = System.nanoTime() + (long) (SECONDS * 1e9);
    while (System.nanoTime() < warm) {
      pass.run();
    }
    long[] times = new long[1 << 20];
    int count = 0;
    long end = System.nanoTime() + (long) (SECONDS * 1e9 / 2);
    while (count < times.length && (count < 10 || System.nanoTime() < end)) {
      long begin = System.nanoTime();
      pass.run();
      times[count++] = System.nanoTime() - begin;
    }
    Arrays.sort(times, 0, count);
    return times[count / 10];
  }

  /** Sixteen independent sums, nothing loaded. */
  private static double peak() {
    int rounds = 10_000;
    float[] sums = new float[16 * Lanes.COUNT];
    float[] x = new float[4 * rounds];
    float[] panel = new float[VectorTile.WIDTH * 16];
    double nanos = firstDecile(() -> {
      for (int i = 0; i < rounds / 16; i++) {
        VectorTile.addRows(panel, 0, 16, x, 0, 16, sums, 0);
      }
    });
    double tile = (double) (rounds / 16) * 16 * 16 * Lanes.COUNT / nanos;
    double pure = firstDecile(() -> sink += pureChains(rounds));
    System.out.printf("tile alone, panel in the first cache: %.1f GMAC/s%n", tile);
    return 16.0 * Lanes.COUNT * rounds / pure;
  }

  private static float pureChains(int rounds) {
    var species = Lanes.FLOATS;
    FloatVector x = FloatVector.broadcast(species, 0.5f);
    FloatVector a = x;
    FloatVector b = x.add(1);
    FloatVector c = x.add(2);
    FloatVector d = x.add(3);
    FloatVector e = x.add(4);
    FloatVector f = x.add(5);
    FloatVector g = x.add(6);
    FloatVector h = x.add(7);
    FloatVector i = x.add(8);
    FloatVector j = x.add(9);
    FloatVector k = x.add(10);
    FloatVector l = x.add(11);
    FloatVector m = x.add(12);
    FloatVector n = x.add(13);
    FloatVector o = x.add(14);
    FloatVector p = x.add(15);
    for (int round = 0; round < rounds; round++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
      i = i.fma(x, x);
      j = j.fma(x, x);
      k = k.fma(x, x);
      l = l.fma(x, x);
      m = m.fma(x, x);
      n = n.fma(x, x);
      o = o.fma(x, x);
      p = p.fma(x, x);
    }
    FloatVector left = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h);
    return left.add(i).add(j).add(k).add(l).add(m).add(n).add(o).add(p).lane(0);
  }
}
