package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import java.util.List;

/** Dot products with AVX-VNNI: those of {@link Avx512Dots} in 256 bits. */
final class AvxVnniDots extends AvxDots {
  private final SimdOp dot;

  /** @param dot the instruction's encoding; a test runs the EVEX one on a CPU that has only that */
  AvxVnniDots(X64Assembler code, SimdOp dot) {
    super(code);
    this.dot = dot;
  }

  @Override
  public int roundCodeBytes() {
    return PanelForm.ROUND;
  }

  @Override
  public List<Step> steps(PanelForm form) {
    return Avx512Dots.vnniSteps(form);
  }

  @Override
  public boolean nibblesTimesSixteen() {
    return true;
  }

  @Override
  public void begin(PanelForm form) {
    Avx512Dots.loadNibbleMask(code, form, SPARE);
  }

  @Override
  public void load(PanelForm form, Step step, Simd to, Address weights) {
    Avx512Dots.loadBytes(code, step.variant(), to, weights, SPARE);
  }

  @Override
  public void multiply(Simd sum, Simd codes, Simd weights) {
    code.binary(dot, sum, codes, weights);
  }
}
