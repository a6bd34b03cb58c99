package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;

/**
 * What dot products in registers of 256 bits have in common: 16 registers, a tile of 6 rows has 16 outputs and 12 sums, a tile of
 * one row has all 64 outputs of a panel.
 */
abstract class AvxDots implements LinearDots {
  private static final int WEIGHTS = 12;
  private static final int CODES = 14;
  /** Free for what a CPU needs beside: a mask or a product. */
  static final Simd SPARE = Simd.ymm(15);

  final X64Assembler code;

  AvxDots(X64Assembler code) {
    this.code = code;
  }

  /** With AVX-VNNI. */
  static LinearDots vnni(X64Assembler code) {
    return new AvxVnniDots(code, SimdOp.VPDPBUSD);
  }

  /** With AVX2 alone. */
  static LinearDots plain(X64Assembler code) {
    return new Avx2Dots(code);
  }

  @Override
  public Simd register(int number) {
    return Simd.ymm(number);
  }

  @Override
  public int weightRegister() {
    return WEIGHTS;
  }

  @Override
  public int[] codeRegisters() {
    return new int[] {CODES};
  }

  @Override
  public int mostRows(PanelForm form) {
    return form == PanelForm.INT4_BLOCKS ? 3 : 6;
  }

  @Override
  public int vectors(PanelForm form, int rows) {
    if (rows > 1) {
      return 2;
    }
    return form == PanelForm.INT4_BLOCKS ? 4 : 8; // blocks have a float sum beside each integer one
  }

  @Override
  public void multiply(Simd sum, Simd codes, Address weights) {
    throw new UnsupportedOperationException("weights are loaded first");
  }

  @Override
  public boolean direct(PanelForm form) {
    return false;
  }

  @Override
  public void beginPartial(int vectors) {
    code.load(Gpr.RBP, Address.at(Gpr.RSP, 8 + LinearFrame.PASS));
  }

  private Simd lanes(int vector) {
    code.load(SimdOp.VMOVUPS, SPARE, Address.at(Gpr.RBX, Gpr.RBP, 1, LinearCall.PARTIAL_LANES + 32 * vector));
    return SPARE;
  }

  @Override
  public void loadPartial(Simd to, int vector, Address from) {
    code.binary(SimdOp.VMASKMOVPS, to, lanes(vector), from);
  }

  @Override
  public void storePartial(Address to, int vector, Simd from) {
    code.store(SimdOp.VMASKMOVPS_STORE, to, lanes(vector), from);
  }
}
