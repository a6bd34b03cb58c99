package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RSI;
import static io.picaflor.codegen.Gpr.RSP;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The part of a {@link LinearTile} that computes its sums where weights are floats: for each row and output one chain of fused
 * multiply-adds over the inputs in order, which starts at the bias, or at 0.
 *
 * <p>Registers as in the tile, where RDI points to rows of float32; RSI is the panel, moved on by the pass.
 */
final class FloatSums {
  private final X64Assembler code;
  private final LinearDots dots;
  private final PanelForm form;
  private final int rows;
  private final int vectors;
  private final int vectorBytes;

  FloatSums(X64Assembler code, LinearDots dots, PanelForm form, int rows) {
    this.code = code;
    this.dots = dots;
    this.form = form;
    this.rows = rows;
    vectors = dots.vectors(form, rows);
    vectorBytes = dots.register(0).bits() / 8;
  }

  private Simd sum(int row, int vector) {
    return dots.register(row * vectors + vector);
  }

  private Simd weights(int vector) {
    return dots.register(dots.weightRegister() + vector);
  }

  private Simd input(int row) {
    int[] registers = dots.codeRegisters();
    return dots.register(registers[row % registers.length]);
  }

  /** Bytes of the weights of one input. */
  private int inputBytes() {
    return form.roundBytes() / PanelForm.ROUND;
  }

  /** Bytes of a vector of weights. */
  private int weightBytes() {
    return vectorBytes * inputBytes() / PanelForm.HEAD;
  }

  void write() {
    begin();
    if (form == PanelForm.FLOAT16 && vectors * vectorBytes < PanelForm.HEAD) { // half as wide as what RSI counts in
      code.load(RBP, Address.at(RSP, 8 + LinearFrame.PASS));
      code.shr(RBP, 1);
      code.sub(RSI, RBP);
    }
    TileRows.point(code, rows, RDI, LinearCall.CODES_STRIDE);
    code.load(RBP, Address.at(RBX, LinearCall.ROUNDS));
    code.align(32);
    Label again = code.here();
    if (rows == 1) {
      addToOneRow();
    } else {
      addToRows();
    }
    code.add(RSI, inputBytes());
    code.add(R10, 4);
    if (rows > 3) {
      code.add(R11, 4);
    }
    code.sub(RBP, 1);
    code.jump(Condition.NOT_EQUAL, again);
  }

  private void begin() {
    Label unbiased = code.label();
    Label done = code.label();
    code.test(R9, R9);
    code.jump(Condition.EQUAL, unbiased);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        code.load(SimdOp.VMOVUPS, sum(m, v), Address.at(R9, vectorBytes * v));
      }
    }
    code.jmp(done);
    code.bind(unbiased);
    for (int i = 0; i < rows * vectors; i++) {
      Simd register = dots.register(i);
      code.binary(SimdOp.VPXOR, register, register, register);
    }
    code.bind(done);
  }

  /** Reads the weights once, as fast as memory gives them. */
  private void addToOneRow() {
    for (int line = 0; line < vectors * weightBytes(); line += LinearTile.LINE) {
      code.prefetch(Address.at(RSI, line + LinearTile.PREFETCH));
    }
    code.load(SimdOp.VBROADCASTSS, input(0), TileRows.row(0, 0));
    for (int v = 0; v < vectors; v++) {
      Address from = Address.at(RSI, weightBytes() * v);
      if (form == PanelForm.FLOAT32) {
        code.binary(SimdOp.VFMADD231PS, sum(0, v), input(0), from);
      } else {
        Simd loaded = weights(v % 2);
        code.load(SimdOp.VCVTPH2PS, loaded, from);
        code.binary(SimdOp.VFMADD231PS, sum(0, v), input(0), loaded);
      }
    }
  }

  private void addToRows() {
    SimdOp load = form == PanelForm.FLOAT32 ? SimdOp.VMOVUPS : SimdOp.VCVTPH2PS;
    for (int v = 0; v < vectors; v++) {
      code.load(load, weights(v), Address.at(RSI, weightBytes() * v));
    }
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VBROADCASTSS, input(m), TileRows.row(m, 0));
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VFMADD231PS, sum(m, v), input(m), weights(v));
      }
    }
  }
}
