package io.picaflor.kernels;

import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.CodeForm;
import io.picaflor.codegen.CpuFeatures.Feature;
import io.picaflor.codegen.Sha256Code;
import io.picaflor.codegen.VectorCompiler;
import io.picaflor.codegen.VectorProgram;
import io.picaflor.codegen.X64Assembler;
import java.util.Set;

/** The kinds of CPU that the tier {@code jit} writes machine code for, best first. */
enum JitLevel {
  /** 512 bits, dot products of bytes: Intel from Ice Lake, AMD from Zen 4. */
  AVX512VNNI("avx512vnni", CodeForm.U8, Set.of(Feature.AVX512, Feature.AVX512_VNNI)),
  /** 256 bits, dot products of bytes: Intel from Alder Lake, AMD from Zen 5. */
  AVXVNNI("avxvnni", CodeForm.U8, Set.of(Feature.AVX2, Feature.FMA, Feature.F16C, Feature.AVX_VNNI)),
  /** 256 bits, products of 16-bit numbers: Intel from Haswell, AMD from Zen. */
  AVX2("avx2", CodeForm.S16_PAIRS, Set.of(Feature.AVX2, Feature.FMA, Feature.F16C));

  private final String levelName;
  private final CodeForm codeForm;
  private final Set<Feature> needed;

  JitLevel(String levelName, CodeForm codeForm, Set<Feature> needed) {
    this.levelName = levelName;
    this.codeForm = codeForm;
    this.needed = needed;
  }

  /** As {@code --kernels jit:LEVEL} takes it. */
  String levelName() {
    return levelName;
  }

  /** How activations lie that are multiplied by integers. */
  CodeForm codeForm() {
    return codeForm;
  }

  /** What the CPU must have. */
  Set<Feature> needed() {
    return needed;
  }

  /** How this level multiplies codes by weights. */
  LinearDots dots(X64Assembler code) {
    return switch (this) {
      case AVX512VNNI -> new Avx512Dots(code);
      case AVXVNNI -> AvxDots.vnni(code);
      case AVX2 -> AvxDots.plain(code);
    };
  }

  /** Writes {@link Sha256Code} for vectors of {@link #vectorBytes}. */
  Label sha256(X64Assembler code) {
    return switch (this) {
      case AVX512VNNI -> Sha256Code.avx512(code);
      case AVXVNNI, AVX2 -> Sha256Code.avx2(code);
    };
  }

  int vectorBytes() {
    return this == AVX512VNNI ? 64 : 32;
  }

  /** Writes a vector kernel. */
  Label compile(X64Assembler code, VectorProgram program) {
    return switch (this) {
      case AVX512VNNI -> VectorCompiler.avx512(code, codeForm, program);
      case AVXVNNI, AVX2 -> VectorCompiler.avx2(code, codeForm, program);
    };
  }
}
