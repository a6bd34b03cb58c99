package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.R12;
import static io.picaflor.codegen.Gpr.R14;
import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RCX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RSI;
import static io.picaflor.codegen.Gpr.RSP;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The machine code for some rows of codes, or of floats, times one panel of weights, for any CPU of x86-64 and any shape: sizes and strides come
 * from the {@link LinearCall}.
 *
 * <p>Rounding is that of the tier {@code scalar}: sums of integers exact, {@code sum * rowScale}, then times the channel's
 * scale, fused with the bias where there is one; of blocks a chain of fused multiply-adds that starts at the zero point's
 * share. Of floats {@link FloatSums} has the sums.
 *
 * <p>Registers at the call: RBX the call, R12 the panel, RDI the first row's codes, RDX its results, R8 its residual or 0, R9 the
 * panel's bias or 0, R14 the bytes from weights to lines of the next panel. RDI, RDX and R8 leave moved on by the tile's rows; R9 to R15 and RBX leave as they came, but for R10, R11
 * and R14.
 */
final class LinearTile {
  /** Bytes ahead of the weights that one row reads: 4 to 8 KiB were best (KERNELS.md, 2). */
  static final int PREFETCH = 4096;

  /**
   * Of so many steps of several rows one asks for a line of the next panel; each tile asks for other lines. Memory then has the time of
   * all tiles to bring it, and 8 to 16 of them ask for all of it.
   */
  private static final int STEPS_OF_AHEAD = 4;

  static final int LINE = 64;

  private final X64Assembler code;
  private final LinearDots dots;
  private final PanelForm form;
  private final int rows;
  private final int vectors;
  private final int vectorBytes;
  private final boolean blocks;
  /** Two sets of sums where one row has too few of them to hide the latency of a dot product. */
  private final boolean twoSets;

  LinearTile(X64Assembler code, LinearDots dots, PanelForm form, int rows) {
    this.code = code;
    this.dots = dots;
    this.form = form;
    this.rows = rows;
    vectors = dots.vectors(form, rows);
    vectorBytes = dots.register(0).bits() / 8;
    blocks = form == PanelForm.INT4_BLOCKS;
    twoSets = rows == 1 && (blocks ? 3 : 2) * vectors <= dots.weightRegister();
  }

  private int passBytes() {
    return vectors * vectorBytes;
  }

  private boolean onePass() {
    return passBytes() == PanelForm.HEAD;
  }

  /** Integer sums. */
  private Simd sum(int row, int vector) {
    return dots.register(row * vectors + vector);
  }

  /** What becomes the result: the integer sums, converted, or the float sums of blocks. */
  private Simd result(int row, int vector) {
    int first = blocks ? (twoSets ? 2 * vectors : rows * vectors) : 0;
    return dots.register(first + row * vectors + vector);
  }

  private Simd weights(int vector) {
    return dots.register(dots.weightRegister() + vector);
  }

  private Simd codes(int number) {
    int[] registers = dots.codeRegisters();
    return dots.register(registers[number % registers.length]);
  }

  /** Writes the tile. */
  Label write() {
    code.align(64);
    Label start = code.here();
    dots.begin(form);
    code.load(RCX, Address.at(RBX, LinearCall.PARAMETERS));
    code.add(RCX, RDI);
    code.mov(RSI, 0);
    Label pass = code.here();
    code.store(Address.at(RSP, 8 + LinearFrame.PASS), RSI);
    code.add(RSI, R12);
    if (form.floats()) {
      new FloatSums(code, dots, form, rows).write();
    } else {
      integerSums();
    }
    storeResults();
    nextPass(pass);
    if (rows > 1) {
      code.add(R14, LINE);
    }
    nextRows();
    code.ret();
    return start;
  }

  private void integerSums() {
    if (blocks) {
      blockSums();
    } else {
      channelSums();
    }
    scaleByRow();
    scaleByChannelAndBias();
  }

  private void channelSums() {
    TileRows.point(code, rows, RCX, LinearCall.CODES_STRIDE);
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VPBROADCASTD, codes(m), TileRows.row(m, JitCodes.NEGATIVE_ZERO_POINT));
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VPMULLD, sum(m, v), codes(m), Address.at(RSI, vectorBytes * v));
        if (form == PanelForm.INT4 && dots.nibblesTimesSixteen()) {
          code.shift(SimdOp.VPSLLD, sum(m, v), sum(m, v), 4);
        }
      }
    }
    if (twoSets) {
      zero(vectors, 2 * vectors);
    }
    code.add(RSI, PanelForm.HEAD);
    TileRows.point(code, rows, RDI, LinearCall.CODES_STRIDE);
    rounds();
    joinSets();
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        if (form == PanelForm.INT4 && dots.nibblesTimesSixteen()) {
          code.shift(SimdOp.VPSRAD, sum(m, v), sum(m, v), 4);
        }
        code.unary(SimdOp.VCVTDQ2PS, sum(m, v), sum(m, v));
      }
    }
  }

  private void blockSums() {
    TileRows.point(code, rows, RCX, LinearCall.CODES_STRIDE);
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VBROADCASTSS, codes(m), TileRows.row(m, JitCodes.ZERO_POINT));
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VMULPS, result(m, v), codes(m), Address.at(RSI, vectorBytes * v));
      }
    }
    code.add(RSI, PanelForm.HEAD);
    TileRows.point(code, rows, RDI, LinearCall.CODES_STRIDE);
    code.load(RBP, Address.at(RBX, LinearCall.BLOCKS));
    Label block = code.here();
    code.store(Address.at(RSP, 8 + LinearFrame.BLOCKS_LEFT), RBP);
    zero(0, (twoSets ? 2 : rows) * vectors);
    rounds();
    joinSets();
    addBlock();
    code.load(RBP, Address.at(RSP, 8 + LinearFrame.BLOCKS_LEFT));
    code.sub(RBP, 1);
    code.jump(Condition.NOT_EQUAL, block);
  }

  /** {@code result = fma(sum, scale, result)}. */
  private void addBlock() {
    if (!onePass()) { // scales are half as wide as what RSI counts in
      code.load(RBP, Address.at(RSP, 8 + LinearFrame.PASS));
      code.shr(RBP, 1);
      code.sub(RSI, RBP);
    }
    for (int v = 0; v < vectors; v++) {
      Simd scale = weights(v % 2);
      code.load(SimdOp.VPMOVZXWD, scale, Address.at(RSI, vectorBytes / 2 * v));
      code.shift(SimdOp.VPSLLD, scale, scale, 16);
      for (int m = 0; m < rows; m++) {
        if (!dots.nibblesTimesSixteen()) {
          code.shift(SimdOp.VPSLLD, sum(m, v), sum(m, v), 4);
        }
        code.unary(SimdOp.VCVTDQ2PS, sum(m, v), sum(m, v));
        code.binary(SimdOp.VFMADD231PS, result(m, v), sum(m, v), scale);
      }
    }
    if (!onePass()) {
      code.add(RSI, RBP);
    }
    code.add(RSI, 2 * PanelForm.OUTPUTS);
  }

  private void zero(int from, int to) {
    for (int i = from; i < to; i++) {
      Simd register = dots.register(i);
      code.binary(SimdOp.VPXOR, register, register, register);
    }
  }

  private void joinSets() {
    if (twoSets) {
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VPADDD, dots.register(v), dots.register(v), dots.register(vectors + v));
      }
    }
  }

  /** The loop over the inputs of a block, or of the row. */
  private void rounds() {
    code.load(RBP, Address.at(RBX, LinearCall.ROUNDS));
    code.align(32);
    Label round = code.here();
    int number = 0;
    for (LinearDots.Step step : dots.steps(form)) {
      step(step, number++);
    }
    code.add(RSI, form.roundBytes());
    code.add(R10, dots.roundCodeBytes());
    if (rows > 3) {
      code.add(R11, dots.roundCodeBytes());
    }
    code.sub(RBP, 1);
    code.jump(Condition.NOT_EQUAL, round);
  }

  private void step(LinearDots.Step step, int number) {
    if (rows == 1) {
      stepOfOneRow(step, number);
      return;
    }
    if (number % STEPS_OF_AHEAD == 0) {
      int part = form.roundBytes() / dots.steps(form).size() * number;
      code.prefetchFar(Address.at(RSI, R14, 1, part));
    }
    for (int v = 0; v < vectors; v++) {
      dots.load(form, step, weights(v), Address.at(RSI, step.weightBytes() + vectorBytes * v));
    }
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VPBROADCASTD, codes(m), TileRows.row(m, step.codeBytes()));
      for (int v = 0; v < vectors; v++) {
        dots.multiply(sum(m, v), codes(m), weights(v));
      }
    }
  }

  private void stepOfOneRow(LinearDots.Step step, int number) {
    if (number % stepsOfBytes() == 0) {
      for (int line = 0; line < passBytes(); line += LINE) {
        code.prefetch(Address.at(RSI, step.weightBytes() + line + PREFETCH));
      }
    }
    code.load(SimdOp.VPBROADCASTD, codes(number), TileRows.row(0, step.codeBytes()));
    for (int v = 0; v < vectors; v++) {
      Simd sum = dots.register(twoSets ? vectors * (number % 2) + v : v);
      Address weights = Address.at(RSI, step.weightBytes() + vectorBytes * v);
      if (dots.direct(form)) {
        dots.multiply(sum, codes(number), weights);
      } else {
        Simd loaded = weights(v % 2);
        dots.load(form, step, loaded, weights);
        dots.multiply(sum, codes(number), loaded);
      }
    }
  }

  /** How many steps read the same bytes of weights. */
  private int stepsOfBytes() {
    return dots.steps(form).size() * 256 / form.roundBytes();
  }

  private void scaleByRow() {
    TileRows.point(code, rows, RCX, LinearCall.CODES_STRIDE);
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VBROADCASTSS, codes(m), TileRows.row(m, JitCodes.SCALE));
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VMULPS, result(m, v), result(m, v), codes(m));
      }
    }
  }

  private void scaleByChannelAndBias() {
    Label unbiased = code.label();
    Label done = code.label();
    code.test(R9, R9);
    code.jump(Condition.EQUAL, unbiased);
    for (int v = 0; v < vectors; v++) {
      Simd scale = weights(0);
      Simd bias = weights(1);
      code.load(SimdOp.VMOVUPS, bias, Address.at(R9, vectorBytes * v));
      if (!blocks) {
        code.load(SimdOp.VMOVUPS, scale, Address.at(RSI, vectorBytes * v));
      }
      for (int m = 0; m < rows; m++) {
        if (blocks) {
          code.binary(SimdOp.VADDPS, result(m, v), result(m, v), bias);
        } else {
          code.binary(SimdOp.VFMADD213PS, result(m, v), scale, bias);
        }
      }
    }
    code.jmp(done);
    code.bind(unbiased);
    for (int v = 0; v < vectors && !blocks; v++) {
      Simd scale = weights(0);
      code.load(SimdOp.VMOVUPS, scale, Address.at(RSI, vectorBytes * v));
      for (int m = 0; m < rows; m++) {
        code.binary(SimdOp.VMULPS, result(m, v), result(m, v), scale);
      }
    }
    code.bind(done);
  }

  private void storeResults() {
    Label partial = code.label();
    Label done = code.label();
    code.cmp(R12, Address.at(RBX, LinearCall.PARTIAL_PANEL));
    code.jump(Condition.EQUAL, partial);
    addResidual(false);
    TileRows.point(code, rows, RDX, LinearCall.RESULT_STRIDE);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        code.store(TileRows.row(m, vectorBytes * v), result(m, v));
      }
    }
    code.jmp(done);
    code.bind(partial);
    dots.beginPartial(vectors);
    addResidual(true);
    TileRows.point(code, rows, RDX, LinearCall.RESULT_STRIDE);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        dots.storePartial(TileRows.row(m, vectorBytes * v), v, result(m, v));
      }
    }
    code.bind(done);
  }

  private void addResidual(boolean partial) {
    Label none = code.label();
    code.test(R8, R8);
    code.jump(Condition.EQUAL, none);
    TileRows.point(code, rows, R8, LinearCall.RESIDUAL_STRIDE);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        Simd residual = weights(0);
        if (partial) {
          dots.loadPartial(residual, v, TileRows.row(m, vectorBytes * v));
        } else {
          code.load(SimdOp.VMOVUPS, residual, TileRows.row(m, vectorBytes * v));
        }
        code.binary(SimdOp.VADDPS, result(m, v), residual, result(m, v));
      }
    }
    code.bind(none);
  }

  private void nextPass(Label pass) {
    if (onePass()) {
      return;
    }
    moveOutputs(passBytes());
    dots.begin(form); // a partial store may have used its register
    code.load(RSI, Address.at(RSP, 8 + LinearFrame.PASS));
    code.add(RSI, passBytes());
    code.cmp(RSI, PanelForm.HEAD);
    code.jump(Condition.NOT_EQUAL, pass);
    moveOutputs(-PanelForm.HEAD);
  }

  /** Moves results, residual and bias to other outputs. */
  private void moveOutputs(int bytes) {
    code.add(RDX, bytes);
    for (Gpr address : new Gpr[] {R8, R9}) {
      Label none = code.label();
      code.test(address, address);
      code.jump(Condition.EQUAL, none);
      code.add(address, bytes);
      code.bind(none);
    }
  }

  private void nextRows() {
    code.imul(RAX, Address.at(RBX, LinearCall.CODES_STRIDE), rows);
    code.add(RDI, RAX);
    code.imul(RAX, Address.at(RBX, LinearCall.RESULT_STRIDE), rows);
    code.add(RDX, RAX);
    Label none = code.label();
    code.test(R8, R8);
    code.jump(Condition.EQUAL, none);
    code.imul(RAX, Address.at(RBX, LinearCall.RESIDUAL_STRIDE), rows);
    code.add(R8, RAX);
    code.bind(none);
  }
}
