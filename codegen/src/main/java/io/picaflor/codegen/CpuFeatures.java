package io.picaflor.codegen;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the CPU and the system let a program use: what CPUID says the CPU has and XGETBV says the system saves.
 *
 * @param features those that may be used
 */
public record CpuFeatures(Set<Feature> features) {

  /** Groups of instructions that kernels ask for. */
  public enum Feature {
    AVX2,
    FMA,
    /** Conversions of float16. */
    F16C,
    /** Foundation, byte and word, doubleword and quadword, and vector length together, as all CPUs with VNNI have them. */
    AVX512,
    AVX512_VNNI,
    AVX_VNNI
  }

  private static final int YMM_STATE = 0x06;
  private static final int ZMM_STATE = 0xE6;

  public CpuFeatures {
    features =
        Collections.unmodifiableSet(features.isEmpty() ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(features));
  }

  /** What this process runs on. */
  public static CpuFeatures detect(ExecutableMemory memory) {
    X64Assembler code = new X64Assembler();
    var xgetbv = emit(code);
    long address = memory.add(code);
    MemorySegment cpuid = MemorySegment.ofAddress(address);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(16, 16);
      int leaves = cpuid(cpuid, 0, 0, out)[0];
      int[] leaf1 = cpuid(cpuid, 1, 0, out);
      int[] leaf7 = leaves >= 7 ? cpuid(cpuid, 7, 0, out) : new int[4];
      int[] leaf7more = leaf7[0] >= 1 ? cpuid(cpuid, 7, 1, out) : new int[4];
      boolean systemSaves = (leaf1[2] >> 27 & 1) != 0; // OSXSAVE: without it XGETBV is no instruction
      long state = systemSaves
          ? NativeCalls.call(MemorySegment.ofAddress(address + xgetbv.position()), 0, 0, 0, 0, 0, 0)
          : 0;
      return of(leaf1[2], leaf7[1], leaf7[2], leaf7more[0], state);
    }
  }

  /** {@code cpuid(leaf, subleaf, out)} at the start, {@code xgetbv()} at the label. */
  private static X64Assembler.Label emit(X64Assembler code) {
    code.push(Gpr.RBX);
    code.mov(Gpr.R8, Gpr.RDX);
    code.mov(Gpr.RAX, Gpr.RDI);
    code.mov(Gpr.RCX, Gpr.RSI);
    code.cpuid();
    code.store32(Address.at(Gpr.R8, 0), Gpr.RAX);
    code.store32(Address.at(Gpr.R8, 4), Gpr.RBX);
    code.store32(Address.at(Gpr.R8, 8), Gpr.RCX);
    code.store32(Address.at(Gpr.R8, 12), Gpr.RDX);
    code.pop(Gpr.RBX);
    code.ret();
    var xgetbv = code.here();
    code.mov(Gpr.RCX, 0);
    code.xgetbv();
    code.shl(Gpr.RDX, 32);
    code.add(Gpr.RAX, Gpr.RDX);
    code.ret();
    return xgetbv;
  }

  private static int[] cpuid(MemorySegment function, int leaf, int subleaf, MemorySegment out) {
    NativeCalls.call(function, leaf, subleaf, out.address(), 0, 0, 0);
    return out.toArray(JAVA_INT);
  }

  /** Features by the words of CPUID and the state that the system saves. */
  static CpuFeatures of(int leaf1ecx, int leaf7ebx, int leaf7ecx, int leaf7sub1eax, long state) {
    EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
    boolean ymm = (state & YMM_STATE) == YMM_STATE && bit(leaf1ecx, 28);
    boolean zmm = ymm && (state & ZMM_STATE) == ZMM_STATE;
    if (ymm && bit(leaf7ebx, 5)) {
      features.add(Feature.AVX2);
    }
    if (ymm && bit(leaf1ecx, 12)) {
      features.add(Feature.FMA);
    }
    if (ymm && bit(leaf1ecx, 29)) {
      features.add(Feature.F16C);
    }
    if (ymm && bit(leaf7sub1eax, 4)) {
      features.add(Feature.AVX_VNNI);
    }
    if (zmm && bit(leaf7ebx, 16) && bit(leaf7ebx, 17) && bit(leaf7ebx, 30) && bit(leaf7ebx, 31)) {
      features.add(Feature.AVX512);
      if (bit(leaf7ecx, 11)) {
        features.add(Feature.AVX512_VNNI);
      }
    }
    return new CpuFeatures(features);
  }

  private static boolean bit(int word, int number) {
    return (word >> number & 1) != 0;
  }

  /** Whether all of them may be used. */
  public boolean has(Set<Feature> needed) {
    return features.containsAll(needed);
  }
}
