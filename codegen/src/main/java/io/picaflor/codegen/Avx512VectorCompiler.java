package io.picaflor.codegen;

import static io.picaflor.codegen.Simd.zmm;

import io.picaflor.codegen.VectorProgram.Block;
import io.picaflor.codegen.VectorProgram.Instruction;
import io.picaflor.codegen.VectorProgram.Kind;
import io.picaflor.codegen.VectorProgram.Operation;
import io.picaflor.codegen.VectorProgram.Value;

/** The back end for AVX-512: the 16 lanes are one register; k1 names the lanes of a tail. */
final class Avx512VectorCompiler extends VectorCompiler {
  private static final int TAIL = 1;
  private static final int SELECTION = 2;
  private static final int GREATER = 0x1e;
  private static final Simd SPARE = zmm(31);
  private static final Simd SPARE2 = zmm(30);
  /** Sums stand below this one, values from 0 on. */
  private static final int SUMS = 29;

  private final int[] sumOfSlot = new int[32];
  private int valueRegisters;

  Avx512VectorCompiler(X64Assembler code, CodeForm codeForm) {
    super(code, codeForm);
    if (codeForm != CodeForm.U8) {
      throw new IllegalArgumentException("code form: AVX-512 multiplies bytes");
    }
  }

  @Override
  void begin() {
    code.kmovw(TAIL, Address.at(Gpr.RDI, VectorCall.TAIL_BITS));
  }

  @Override
  void beginBlock(Block block) {
    valueRegisters = SUMS + 1;
    for (Instruction instruction : block.instructions()) {
      if (instruction.operation().reduces()) {
        int register = --valueRegisters;
        sumOfSlot[instruction.target()] = register;
        code.load(SimdOp.VBROADCASTSS, zmm(register), constant(VectorInterpreter.neutral(instruction.operation())));
      }
    }
  }

  @Override
  void body(Block block, boolean tail) {
    RegisterPool pool = new RegisterPool(block, valueRegisters);
    for (int i = 0; i < block.instructions().size(); i++) {
      Instruction instruction = block.instructions().get(i);
      if (instruction.operation() == Operation.FMA) {
        fma(pool, instruction, i);
      } else if (instruction.operation().hasResult()) {
        compute(pool, instruction, i, tail);
      } else {
        effect(pool, instruction, tail);
        pool.release(i);
      }
    }
  }

  private Simd register(RegisterPool pool, Value value, Simd spare) {
    if (value.kind() == Kind.VECTOR) {
      return zmm(pool.of(value));
    }
    code.load(SimdOp.VBROADCASTSS, spare, shared(value));
    return spare;
  }

  private void compute(RegisterPool pool, Instruction instruction, int number, boolean tail) {
    var operands = instruction.operands();
    switch (instruction.operation()) {
      case LOAD -> {
        Simd to = zmm(pool.take(instruction));
        if (tail) {
          code.loadMasked(SimdOp.VMOVUPS, to, TAIL, element(instruction.argument(), 4));
        } else {
          code.load(SimdOp.VMOVUPS, to, element(instruction.argument(), 4));
        }
      }
      case INDEX -> {
        Simd to = zmm(pool.take(instruction));
        broadcastElement(to);
        code.unary(SimdOp.VCVTDQ2PS, to, to);
        code.binary(SimdOp.VADDPS, to, to, firstIndices());
      }
      case ADD, SUB, MUL, DIV, MIN, MAX, SCALE -> {
        Simd left = register(pool, operands.get(0), SPARE);
        pool.release(number);
        SimdOp op =
            instruction.operation() == Operation.SCALE ? SimdOp.VSCALEFPS : instructionFor(instruction.operation());
        Value right = operands.get(1);
        int rightRegister = right.kind() == Kind.VECTOR ? pool.of(right) : -1;
        Simd to = zmm(pool.take(instruction));
        if (rightRegister >= 0) {
          code.binary(op, to, left, zmm(rightRegister));
        } else {
          code.binaryBroadcast(op, to, left, shared(right));
        }
      }
      case SQRT, RINT -> {
        Simd from = register(pool, operands.get(0), SPARE);
        pool.release(number);
        Simd to = zmm(pool.take(instruction));
        if (instruction.operation() == Operation.SQRT) {
          code.unary(SimdOp.VSQRTPS, to, from);
        } else {
          code.unary(SimdOp.VROUNDPS, to, from, 8);
        }
      }
      case SELECT -> {
        code.compare(SELECTION, register(pool, operands.get(0), SPARE), register(pool, operands.get(1), SPARE2),
            GREATER);
        Simd ifSet = register(pool, operands.get(2), SPARE);
        Simd ifClear = register(pool, operands.get(3), SPARE2);
        pool.release(number);
        code.binaryMasked(SimdOp.VBLENDMPS, zmm(pool.take(instruction)), SELECTION, ifClear, ifSet);
      }
      case FMA, STORE, STORE_CODES, STORE_NUMBER, STORE_WHOLE, SUM, LARGEST, SMALLEST, SET ->
          throw new IllegalStateException(
              instruction.toString());
    }
  }

  /** {@code a * b + c}, in the register of an operand that ends here, if there is one. */
  private void fma(RegisterPool pool, Instruction instruction, int number) {
    Value a = instruction.operands().get(0);
    Value b = instruction.operands().get(1);
    Value c = instruction.operands().get(2);
    if (pool.ends(c, number) && !c.equals(a) && !c.equals(b)) {
      Simd left = register(pool, a, SPARE);
      Simd right = register(pool, b, SPARE2);
      pool.release(number);
      code.binary(SimdOp.VFMADD231PS, zmm(pool.give(instruction, pool.of(c))), left, right);
      return;
    }
    Simd factor = register(pool, b, SPARE);
    Simd added = register(pool, c, SPARE2);
    Simd to;
    if (pool.ends(a, number) && !a.equals(b) && !a.equals(c)) {
      pool.release(number);
      to = zmm(pool.give(instruction, pool.of(a)));
    } else {
      to = zmm(pool.take(instruction)); // taken before the operands are left, so none of them is overwritten
      if (a.kind() == Kind.VECTOR) {
        code.move(to, zmm(pool.of(a)));
      } else {
        code.load(SimdOp.VBROADCASTSS, to, shared(a));
      }
      pool.release(number);
    }
    code.binary(SimdOp.VFMADD213PS, to, factor, added);
  }

  private void effect(RegisterPool pool, Instruction instruction, boolean tail) {
    Simd value = register(pool, instruction.operands().get(0), SPARE);
    switch (instruction.operation()) {
      case STORE -> {
        if (tail) {
          code.storeMasked(element(instruction.argument(), 4), TAIL, value);
        } else {
          code.store(element(instruction.argument(), 4), value);
        }
      }
      case STORE_CODES -> {
        code.unary(SimdOp.VCVTPS2DQ, SPARE, value);
        code.store(SimdOp.VPMOVUSDB_STORE, element(instruction.argument(), 1), SPARE);
      }
      case STORE_NUMBER -> code.storeLane(number(instruction.argument(), instruction.element()), value);
      case STORE_WHOLE -> {
        code.unary(SimdOp.VCVTPS2DQ, SPARE, value);
        code.storeLane(number(instruction.argument(), instruction.element()), SPARE);
      }
      case SET -> code.storeLane(slot(instruction.target()), value);
      case SUM, LARGEST, SMALLEST -> {
        Simd sum = zmm(sumOfSlot[instruction.target()]);
        if (tail) {
          code.binaryMasked(instructionFor(instruction.operation()), sum, TAIL, sum, value);
        } else {
          code.binary(instructionFor(instruction.operation()), sum, sum, value);
        }
      }
      case LOAD, INDEX, ADD, SUB, MUL, DIV, MIN, MAX, FMA, SQRT, RINT, SCALE, SELECT -> throw new IllegalStateException(
          instruction.toString());
    }
  }

  @Override
  void fold(Instruction instruction) {
    Simd sum = zmm(sumOfSlot[instruction.target()]);
    SimdOp op = instructionFor(instruction.operation());
    for (int exchanged : new int[] {0x4e, 0xb1}) {
      code.binary(SimdOp.VSHUFF32X4, SPARE, sum, sum, exchanged);
      code.binary(op, sum, sum, SPARE);
    }
    for (int exchanged : new int[] {0x4e, 0xb1}) {
      code.binary(SimdOp.VSHUFPS, SPARE, sum, sum, exchanged);
      code.binary(op, sum, sum, SPARE);
    }
    code.storeLane(slot(instruction.target()), sum);
  }
}
