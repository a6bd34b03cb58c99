package io.picaflor.bench;

import io.picaflor.kernels.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the machine can do at this moment: multiply-adds of float32 and of integers from registers, and reading memory once. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MachineBenchmark {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
  private static final int CHAINS = 12;
  private static final int ROUNDS = 100_000;
  private static final long READ_BYTES = 256L << 20;

  @Param("1")
  private int threads;

  private final LongAdder sink = new LongAdder();
  private Arena arena;
  private Workers workers;
  private MemorySegment memory;

  /** The loop of {@link #int8MultiplyAdds}. */
  @State(Scope.Benchmark)
  public static class Integers {
    private Int8Peak peak;

    /** Fails where no machine code of ours runs: then there is no such bound. */
    @Setup
    public void open() {
      peak = new Int8Peak();
    }
  }

  /** Memory that is there, every page of it. */
  @Setup
  public void open() {
    arena = Arena.ofShared();
    workers = new Workers(threads);
    memory = arena.allocate(READ_BYTES, 64);
    memory.fill((byte) 1);
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    workers.close();
    arena.close();
  }

  /** Multiply-adds of one call of {@link #multiplyAdds}. */
  static double multiplyAdds(int threads) {
    return (double) threads * CHAINS * ROUNDS * FLOATS.length();
  }

  /** Multiply-adds of one call of {@link #int8MultiplyAdds} on a CPU like this. */
  static double int8MultiplyAdds(int threads) {
    return (double) threads * ROUNDS * new Int8Peak().multiplyAddsOfRound();
  }

  /** Bytes that one call of {@link #read} reads. */
  static double readBytes() {
    return READ_BYTES;
  }

  /** Independent chains of multiply-adds on each thread, enough to hide their latency; nothing is loaded. */
  @Benchmark
  public long multiplyAdds() {
    workers.run(threads, index -> sink.add((long) chains(index)));
    return sink.sum();
  }

  private static float chains(int seed) {
    FloatVector x = FloatVector.broadcast(FLOATS, 0.5f + seed);
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
    for (int round = 0; round < ROUNDS; round++) {
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
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
  }

  /** The same of integers, by the instructions of the tier {@code jit}. */
  @Benchmark
  public void int8MultiplyAdds(Integers integers) {
    workers.run(threads, index -> integers.peak.run(ROUNDS));
  }

  /** Each thread reads its own part of the memory, forward. */
  @Benchmark
  public long read() {
    long share = READ_BYTES / threads;
    workers.run(threads, index -> sink.add(sum(memory.asSlice(index * share, share))));
    return sink.sum();
  }

  private static long sum(MemorySegment part) {
    int bytes = LONGS.vectorByteSize();
    LongVector a = LongVector.zero(LONGS);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    for (long at = 0; at <= part.byteSize() - 4L * bytes; at += 4L * bytes) {
      a = a.add(LongVector.fromMemorySegment(LONGS, part, at, ByteOrder.nativeOrder()));
      b = b.add(LongVector.fromMemorySegment(LONGS, part, at + bytes, ByteOrder.nativeOrder()));
      c = c.add(LongVector.fromMemorySegment(LONGS, part, at + 2L * bytes, ByteOrder.nativeOrder()));
      d = d.add(LongVector.fromMemorySegment(LONGS, part, at + 3L * bytes, ByteOrder.nativeOrder()));
    }
    return a.add(b).add(c).add(d).lane(0);
  }
}
