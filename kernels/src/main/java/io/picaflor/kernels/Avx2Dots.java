package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import java.util.ArrayList;
import java.util.List;

/**
 * Dot products with AVX2 alone: of 16-bit numbers, which are exact ({@code vpmaddubsw} is not: sums of two products saturate).
 *
 * <p>Of the four weights that an output has in 32 bits, shifts leave the first and third as 16-bit numbers, or the second and
 * fourth; {@link io.picaflor.codegen.CodeForm#S16_PAIRS} has the codes in the same pairs. So sums stand one output a lane, and
 * the panels of the other levels serve.
 */
final class Avx2Dots extends AvxDots {

  Avx2Dots(X64Assembler code) {
    super(code);
  }

  @Override
  public int roundCodeBytes() {
    return 2 * PanelForm.ROUND;
  }

  /** Variants count the pairs that lie in the same bytes. */
  @Override
  public List<Step> steps(PanelForm form) {
    int pairs = form == PanelForm.INT8 ? 2 : 4;
    List<Step> steps = new ArrayList<>();
    for (int pair = 0; pair < PanelForm.ROUND / 2; pair++) {
      steps.add(new Step(256 * (pair / pairs), 4 * pair, pair % pairs));
    }
    return steps;
  }

  @Override
  public boolean nibblesTimesSixteen() {
    return false;
  }

  @Override
  public void begin(PanelForm form) {}

  /** Shifts to the left what shall be kept, then to the right with its sign. */
  @Override
  public void load(PanelForm form, Step step, Simd to, Address weights) {
    boolean first = step.variant() % 2 == 0; // of the two bytes of 16 bits
    boolean lowNibble = step.variant() < 2;
    int bits = form == PanelForm.INT8 ? 8 : 4;
    int left = (first ? 8 : 0) + (bits == 4 && lowNibble ? 4 : 0);
    code.load(SimdOp.VMOVUPS, to, weights);
    if (left != 0) {
      code.shift(SimdOp.VPSLLW, to, to, left);
    }
    code.shift(SimdOp.VPSRAW, to, to, 16 - bits);
  }

  @Override
  public void multiply(Simd sum, Simd codes, Simd weights) {
    code.binary(SimdOp.VPMADDWD, SPARE, codes, weights);
    code.binary(SimdOp.VPADDD, sum, sum, SPARE);
  }
}
