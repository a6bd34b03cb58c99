package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import java.util.ArrayList;
import java.util.List;

/**
 * Dot products with AVX-512 VNNI: a panel's 64 outputs are 4 registers, a tile of 6 rows has 24 sums.
 *
 * <p>Nibbles stand in the upper half of their bytes when they are multiplied, which makes sums 16 times too large.
 */
final class Avx512Dots implements LinearDots {
  private static final int LOW = 1;
  private static final int HIGH = 2;
  private static final Simd NIBBLES = Simd.zmm(31);
  private static final int TAIL = 1;

  private final X64Assembler code;

  Avx512Dots(X64Assembler code) {
    this.code = code;
  }

  @Override
  public Simd register(int number) {
    return Simd.zmm(number);
  }

  @Override
  public int weightRegister() {
    return 24;
  }

  @Override
  public int[] codeRegisters() {
    return new int[] {28, 29, 30};
  }

  @Override
  public int mostRows(PanelForm form) {
    return form == PanelForm.INT4_BLOCKS ? 3 : 6;
  }

  @Override
  public int vectors(PanelForm form, int rows) {
    return 4;
  }

  @Override
  public int roundCodeBytes() {
    return PanelForm.ROUND;
  }

  @Override
  public List<Step> steps(PanelForm form) {
    return vnniSteps(form);
  }

  static List<Step> vnniSteps(PanelForm form) {
    List<Step> steps = new ArrayList<>();
    for (int group = 0; group < PanelForm.ROUND / 4; group++) {
      steps.add(form == PanelForm.INT8
          ? new Step(256 * group, 4 * group, 0)
          : new Step(256 * (group / 2), 4 * group, group % 2 == 0 ? LOW : HIGH));
    }
    return steps;
  }

  @Override
  public boolean nibblesTimesSixteen() {
    return true;
  }

  @Override
  public void begin(PanelForm form) {
    loadNibbleMask(code, form, NIBBLES);
  }

  static void loadNibbleMask(X64Assembler code, PanelForm form, Simd to) {
    if (form == PanelForm.INT8 || form.floats()) {
      return;
    }
    // the red zone: a tile calls nothing
    code.mov(Gpr.RAX, 0xf0f0f0f0L);
    code.store(Address.at(Gpr.RSP, -8), Gpr.RAX);
    code.load(SimdOp.VPBROADCASTD, to, Address.at(Gpr.RSP, -8));
  }

  @Override
  public boolean direct(PanelForm form) {
    return form == PanelForm.INT8;
  }

  @Override
  public void load(PanelForm form, Step step, Simd to, Address weights) {
    loadBytes(code, step.variant(), to, weights, NIBBLES);
  }

  /** Weights as bytes; nibbles times 16. */
  static void loadBytes(X64Assembler code, int variant, Simd to, Address weights, Simd nibbles) {
    switch (variant) {
      case LOW -> {
        code.load(SimdOp.VMOVUPS, to, weights);
        code.shift(SimdOp.VPSLLD, to, to, 4);
        code.binary(SimdOp.VPAND, to, to, nibbles);
      }
      case HIGH -> code.binary(SimdOp.VPAND, to, nibbles, weights);
      default -> code.load(SimdOp.VMOVUPS, to, weights);
    }
  }

  @Override
  public void multiply(Simd sum, Simd codes, Simd weights) {
    code.binary(SimdOp.VPDPBUSD, sum, codes, weights);
  }

  @Override
  public void multiply(Simd sum, Simd codes, Address weights) {
    code.binary(SimdOp.VPDPBUSD, sum, codes, weights);
  }

  @Override
  public Simd spare() {
    return NIBBLES;
  }

  @Override
  public void beginTail() {
    code.kmovw(TAIL, Address.at(Gpr.RBX, FloatCall.TAIL_BITS));
  }

  @Override
  public void loadTail(Simd to, int vector, Address from) {
    code.loadMasked(SimdOp.VMOVUPS, to, TAIL, from);
  }

  @Override
  public void loadTailHalves(Simd[] to, Address from) {
    code.loadMasked(SimdOp.VPMOVZXWD, to[0], TAIL, from);
    code.shift(SimdOp.VPSLLD, to[0], to[0], 16);
  }

  @Override
  public void storeTail(Address to, int vector, Simd from) {
    code.storeMasked(to, TAIL, from);
  }

  @Override
  public void beginPartial(int vectors) {
    for (int v = 0; v < vectors; v++) {
      code.kmovw(v + 1, Address.at(Gpr.RBX, LinearCall.PARTIAL_BITS + 2 * v));
    }
  }

  @Override
  public void loadPartial(Simd to, int vector, Address from) {
    code.loadMasked(SimdOp.VMOVUPS, to, vector + 1, from);
  }

  @Override
  public void storePartial(Address to, int vector, Simd from) {
    code.storeMasked(to, vector + 1, from);
  }
}
