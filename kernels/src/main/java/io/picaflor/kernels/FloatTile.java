package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.R12;
import static io.picaflor.codegen.Gpr.R13;
import static io.picaflor.codegen.Gpr.R14;
import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RCX;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RSI;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.Simd;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The machine code for a product of float32: some rows of the left matrix, whose inner indices lie side by side, times a right
 * matrix whose columns lie side by side, as float32 or as the upper halves of one.
 *
 * <p>Each result is one chain of fused multiply-adds over the inner indices in order. The function is {@code f(call)} in the
 * System V convention, see {@link FloatCall}. The right matrix is read in groups of columns, each in passes of so many as there
 * are registers for. A tail is what is left of a row of columns, fewer than {@link #TAIL}: nothing beside it is touched.
 */
final class FloatTile {
  /** Rows of the largest tile. */
  static final int MOST_ROWS = 6;
  /** Columns of a pass that may be fewer. */
  static final int TAIL = 16;

  private static final int LINE = 64;

  private static final Gpr[] SAVED = {RBX, RBP, R12, R13, R14};

  private final X64Assembler code;
  private final LinearDots registers;
  private final KvLayout.Precision precision;
  private final int rows;
  private final int vectors;
  private final boolean tail;
  private final boolean sparse;

  /**
   * Makes a tile.
   *
   * @param registers of the level
   * @param columns of a pass, a multiple of 16; 0 for a tail
   * @param sparse leaves what the left matrix has a 0 for out of the sums, be it NaN; the left matrix has no negative numbers
   */
  FloatTile(
      X64Assembler code, LinearDots registers, KvLayout.Precision precision, int rows, int columns, boolean sparse) {
    this.code = code;
    this.registers = registers;
    this.precision = precision;
    this.rows = rows;
    tail = columns == 0;
    this.sparse = sparse;
    vectors = (tail ? TAIL : columns) / lanes(registers);
  }

  /** The most columns of a pass that divide so many; a multiple of 16 always has some. */
  static int columnsOfPass(LinearDots registers, int columns) {
    int most = lanes(registers) == 16 ? 64 : 16;
    int pass = most;
    while (columns % pass != 0) {
      pass -= 16;
    }
    return pass;
  }

  private static int lanes(LinearDots registers) {
    return registers.register(0).bits() / 32;
  }

  private Simd sum(int row, int vector) {
    return registers.register(row * vectors + vector);
  }

  private Simd right(int vector) {
    return registers.register(registers.weightRegister() + vector);
  }

  private Simd left(int row) {
    int[] numbers = registers.codeRegisters();
    return registers.register(numbers[row % numbers.length]);
  }

  Label write() {
    code.align(64);
    Label start = code.here();
    for (Gpr register : SAVED) {
      code.push(register);
    }
    code.mov(RBX, RDI);
    if (tail) {
      registers.beginTail();
    }
    code.load(R12, Address.at(RBX, FloatCall.RIGHT));
    code.load(R13, Address.at(RBX, FloatCall.GROUPS));
    code.load(RDX, Address.at(RBX, FloatCall.RESULT));
    code.load(R8, Address.at(RBX, FloatCall.RIGHT_STEP));
    code.load(R9, Address.at(RBX, FloatCall.PREFETCH));
    code.load(RCX, Address.at(RBX, FloatCall.KEEP));
    Label group = code.here();
    code.load(R14, Address.at(RBX, FloatCall.PASSES));
    Label pass = code.here();
    begin();
    inner();
    TileRows.point(code, rows, RDX, FloatCall.RESULT_STRIDE);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        store(TileRows.row(m, 4 * lanes(registers) * v), v, sum(m, v));
      }
    }
    code.add(R12, vectors * lanes(registers) * precision.bytes());
    code.add(RDX, vectors * lanes(registers) * 4);
    code.sub(R14, 1);
    code.jump(Condition.NOT_EQUAL, pass);
    code.add(R12, Address.at(RBX, FloatCall.RIGHT_ADVANCE));
    code.sub(R13, 1);
    code.jump(Condition.NOT_EQUAL, group);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    code.vzeroupper();
    code.ret();
    return start;
  }

  /** Sums begin at 0 or at what stands in the result. */
  private void begin() {
    Label keep = code.label();
    Label done = code.label();
    code.test(RCX, RCX);
    code.jump(Condition.NOT_EQUAL, keep);
    for (int i = 0; i < rows * vectors; i++) {
      Simd register = registers.register(i);
      code.binary(SimdOp.VPXOR, register, register, register);
    }
    code.jmp(done);
    code.bind(keep);
    TileRows.point(code, rows, RDX, FloatCall.RESULT_STRIDE);
    for (int m = 0; m < rows; m++) {
      for (int v = 0; v < vectors; v++) {
        load(sum(m, v), v, TileRows.row(m, 4 * lanes(registers) * v));
      }
    }
    code.bind(done);
  }

  private void inner() {
    code.mov(RSI, R12);
    code.load(RBP, Address.at(RBX, FloatCall.LEFT));
    TileRows.point(code, rows, RBP, FloatCall.LEFT_STRIDE);
    code.load(RBP, Address.at(RBX, FloatCall.INNER));
    code.align(32);
    Label again = code.here();
    for (int line = 0; line < vectors * lanes(registers) * precision.bytes(); line += LINE) {
      code.prefetch(Address.at(RSI, R9, 1, line));
    }
    loadRight();
    for (int m = 0; m < rows; m++) {
      code.load(SimdOp.VBROADCASTSS, left(m), TileRows.row(m, 0));
      for (int v = 0; v < vectors; v++) {
        code.binary(SimdOp.VFMADD231PS, sum(m, v), left(m), sparse ? rightUnlessZero(m, v) : right(v));
      }
    }
    code.add(RSI, R8);
    code.add(R10, 4);
    if (rows > 3) {
      code.add(R11, 4);
    }
    code.sub(RBP, 1);
    code.jump(Condition.NOT_EQUAL, again);
  }

  /** 0 where the left number is 0: an integer above 0 becomes all ones, and so does what is no number. */
  private Simd rightUnlessZero(int row, int vector) {
    Simd spare = registers.spare();
    code.binary(SimdOp.VPXOR, spare, spare, spare);
    code.binary(SimdOp.VPSUBD, spare, spare, left(row));
    code.shift(SimdOp.VPSRAD, spare, spare, 31);
    code.binary(SimdOp.VPAND, spare, spare, right(vector));
    return spare;
  }

  private void loadRight() {
    if (tail && precision == KvLayout.Precision.BF16) {
      Simd[] all = new Simd[vectors];
      for (int v = 0; v < vectors; v++) {
        all[v] = right(v);
      }
      registers.loadTailHalves(all, Address.at(RSI, 0));
      return;
    }
    for (int v = 0; v < vectors; v++) {
      Address from = Address.at(RSI, lanes(registers) * precision.bytes() * v);
      switch (precision) {
        case F32 -> load(right(v), v, from);
        case BF16 -> {
          code.load(SimdOp.VPMOVZXWD, right(v), from);
          code.shift(SimdOp.VPSLLD, right(v), right(v), 16);
        }
      }
    }
  }

  private void load(Simd to, int vector, Address from) {
    if (tail) {
      registers.loadTail(to, vector, from);
    } else {
      code.load(SimdOp.VMOVUPS, to, from);
    }
  }

  private void store(Address to, int vector, Simd from) {
    if (tail) {
      registers.storeTail(to, vector, from);
    } else {
      code.store(to, from);
    }
  }
}
