package io.picaflor.bench;

import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.CpuFeatures;
import io.picaflor.codegen.CpuFeatures.Feature;
import io.picaflor.codegen.ExecutableMemory;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;
import io.picaflor.platform.NativeCalls;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * A loop of integer multiply-adds from registers, in machine code: the instructions that the tier {@code jit} multiplies bytes by
 * on this CPU, and nothing else. Any number of threads may run it.
 */
final class Int8Peak {
  /** Independent sums: enough to hide the latency of two instructions a cycle. */
  private static final int CHAINS = 12;

  private static final int PRODUCT = 12;
  private static final int LEFT = 14;
  private static final int RIGHT = 15;

  private final CpuFeatures cpu;
  private final MemorySegment loop;

  /**
   * Writes the loop.
   *
   * @throws UnsupportedOperationException with the reason if no machine code of ours runs here
   */
  Int8Peak() {
    ExecutableMemory memory = ExecutableMemory.open();
    cpu = CpuFeatures.detect(memory);
    if (!cpu.has(Set.of(Feature.AVX2))) {
      throw new UnsupportedOperationException("this CPU has no AVX2");
    }
    loop = MemorySegment.ofAddress(memory.add(write()));
  }

  private boolean wide() {
    return cpu.has(Set.of(Feature.AVX512, Feature.AVX512_VNNI));
  }

  private boolean dots() {
    return wide() || cpu.has(Set.of(Feature.AVX_VNNI));
  }

  private Simd register(int number) {
    return wide() ? Simd.zmm(number) : Simd.ymm(number);
  }

  /** {@code loop(rounds)}. */
  private X64Assembler write() {
    X64Assembler code = new X64Assembler();
    for (int i = 0; i <= RIGHT; i++) {
      code.binary(SimdOp.VPXOR, register(i), register(i), register(i));
    }
    code.align(32);
    Label round = code.here();
    for (int i = 0; i < CHAINS; i++) {
      if (dots()) {
        code.binary(SimdOp.VPDPBUSD, register(i), register(LEFT), register(RIGHT));
      } else {
        code.binary(SimdOp.VPMADDWD, register(PRODUCT), register(LEFT), register(RIGHT));
        code.binary(SimdOp.VPADDD, register(i), register(i), register(PRODUCT));
      }
    }
    code.sub(Gpr.RDI, 1);
    code.jump(Condition.NOT_EQUAL, round);
    code.vzeroupper();
    code.ret();
    return code;
  }

  /** Multiply-adds of a round: of bytes, or where the CPU has no such instruction, of 16-bit numbers. */
  int multiplyAddsOfRound() {
    int bytes = register(0).bits() / 8;
    return CHAINS * (dots() ? bytes : bytes / 2);
  }

  /** Runs so many rounds. */
  void run(int rounds) {
    NativeCalls.call(loop, rounds, 0, 0, 0, 0, 0);
  }
}
