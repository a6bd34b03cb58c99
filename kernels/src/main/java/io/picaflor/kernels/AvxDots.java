package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

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
  public Simd spare() {
    return SPARE;
  }

  @Override
  public void beginTail() {}

  private Simd tailLanes(int vector) {
    code.load(SimdOp.VMOVUPS, SPARE, Address.at(Gpr.RBX, FloatCall.TAIL_LANES + 32 * vector));
    return SPARE;
  }

  @Override
  public void loadTail(Simd to, int vector, Address from) {
    code.binary(SimdOp.VMASKMOVPS, to, tailLanes(vector), from);
  }

  /** One by one, for no instruction masks halves; by way of the red zone: a tile calls nothing. */
  @Override
  public void loadTailHalves(Simd[] to, Address from) {
    int room = -4 * FloatTile.TAIL;
    code.mov(Gpr.RDI, 0);
    Label again = code.here();
    code.load16(Gpr.R9, Address.at(from.base(), Gpr.RDI, 2, from.displacement()));
    code.shl(Gpr.R9, 16);
    code.store32(Address.at(Gpr.RSP, Gpr.RDI, 4, room), Gpr.R9);
    code.add(Gpr.RDI, 1);
    code.cmp(Gpr.RDI, Address.at(Gpr.RBX, FloatCall.TAIL_COLUMNS));
    code.jump(Condition.NOT_EQUAL, again);
    for (int v = 0; v < to.length; v++) {
      code.load(SimdOp.VMOVUPS, to[v], Address.at(Gpr.RSP, room + 32 * v));
    }
  }

  @Override
  public void storeTail(Address to, int vector, Simd from) {
    code.store(SimdOp.VMASKMOVPS_STORE, to, tailLanes(vector), from);
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
