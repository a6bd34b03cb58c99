package io.picaflor.codegen;

import static io.picaflor.codegen.Simd.ymm;

import io.picaflor.codegen.VectorProgram.Block;
import io.picaflor.codegen.VectorProgram.Instruction;
import io.picaflor.codegen.VectorProgram.Kind;
import io.picaflor.codegen.VectorProgram.Operation;
import io.picaflor.codegen.VectorProgram.Value;

/**
 * The back end for AVX2 with FMA: the 16 lanes are two halves, and a loop's instructions are written for one half, then for
 * the other, so that values need one register each.
 */
final class Avx2VectorCompiler extends VectorCompiler {
  private static final int GREATER = 0x1e;
  private static final Simd SPARE = ymm(15);
  private static final Simd SPARE2 = ymm(14);
  private static final Simd SPARE3 = ymm(13);
  /** Sums stand below this one, values from 0 on. */
  private static final int SUMS = 12;

  private final int[] sumOfSlot = new int[32];
  private int valueRegisters;
  private int half;
  private boolean tail;

  Avx2VectorCompiler(X64Assembler code, CodeForm codeForm) {
    super(code, codeForm);
  }

  @Override
  void begin() {}

  @Override
  void beginBlock(Block block) {
    valueRegisters = SUMS + 1;
    for (Instruction instruction : block.instructions()) {
      if (instruction.operation().reduces()) {
        valueRegisters -= 2;
        sumOfSlot[instruction.target()] = valueRegisters;
        for (int i = 0; i < 2; i++) {
          code.load(SimdOp.VBROADCASTSS, ymm(valueRegisters + i),
              constant(VectorInterpreter.neutral(instruction.operation())));
        }
      }
    }
  }

  @Override
  void body(Block block, boolean tail) {
    this.tail = tail;
    for (half = 0; half < (block.loop() ? 2 : 1); half++) {
      RegisterPool pool = new RegisterPool(block, valueRegisters);
      for (int i = 0; i < block.instructions().size(); i++) {
        Instruction instruction = block.instructions().get(i);
        if (instruction.operation() == Operation.FMA) {
          fma(pool, instruction, i);
        } else if (instruction.operation().hasResult()) {
          compute(pool, instruction, i);
        } else {
          effect(pool, instruction);
          pool.release(i);
        }
      }
    }
  }

  private Address part(int argument, int bytesEach) {
    return element(argument, bytesEach).plus(8 * half * bytesEach);
  }

  private Address tailLanes() {
    return Address.at(Gpr.RDI, VectorCall.TAIL_LANES + 32 * half);
  }

  private Simd register(RegisterPool pool, Value value, Simd spare) {
    if (value.kind() == Kind.VECTOR) {
      return ymm(pool.of(value));
    }
    code.load(SimdOp.VBROADCASTSS, spare, shared(value));
    return spare;
  }

  private void compute(RegisterPool pool, Instruction instruction, int number) {
    var operands = instruction.operands();
    switch (instruction.operation()) {
      case LOAD -> load(instruction, ymm(pool.take(instruction)));
      case INDEX -> {
        Simd to = ymm(pool.take(instruction));
        broadcastElement(to);
        code.unary(SimdOp.VCVTDQ2PS, to, to);
        code.binary(SimdOp.VADDPS, to, to, firstIndices().plus(32 * half));
      }
      case ADD, SUB, MUL, DIV, MIN, MAX -> {
        Simd left = register(pool, operands.get(0), SPARE);
        Simd right = register(pool, operands.get(1), SPARE2);
        pool.release(number);
        code.binary(instructionFor(instruction.operation()), ymm(pool.take(instruction)), left, right);
      }
      case SCALE -> {
        Simd left = register(pool, operands.get(0), SPARE);
        code.unary(SimdOp.VCVTPS2DQ, SPARE2, register(pool, operands.get(1), SPARE2));
        code.shift(SimdOp.VPSLLD, SPARE2, SPARE2, 23); // into the exponent
        pool.release(number);
        code.binary(SimdOp.VPADDD, ymm(pool.take(instruction)), left, SPARE2);
      }
      case SQRT, RINT -> {
        Simd from = register(pool, operands.get(0), SPARE);
        pool.release(number);
        Simd to = ymm(pool.take(instruction));
        if (instruction.operation() == Operation.SQRT) {
          code.unary(SimdOp.VSQRTPS, to, from);
        } else {
          code.unary(SimdOp.VROUNDPS, to, from, 8);
        }
      }
      case SELECT -> {
        Simd left = register(pool, operands.get(0), SPARE);
        Simd right = register(pool, operands.get(1), SPARE2);
        code.binary(SimdOp.VCMPPS, SPARE3, left, right, GREATER);
        Simd ifSet = register(pool, operands.get(2), SPARE);
        Simd ifClear = register(pool, operands.get(3), SPARE2);
        pool.release(number);
        code.blend(ymm(pool.take(instruction)), ifClear, ifSet, SPARE3);
      }
      case FMA, STORE, STORE_CODES, STORE_NUMBER, STORE_WHOLE, SUM, LARGEST, SMALLEST, SET ->
          throw new IllegalStateException(
              instruction.toString());
    }
  }

  private void load(Instruction instruction, Simd to) {
    if (tail) {
      code.load(SimdOp.VMOVUPS, SPARE, tailLanes());
      code.binary(SimdOp.VMASKMOVPS, to, SPARE, part(instruction.argument(), 4));
    } else {
      code.load(SimdOp.VMOVUPS, to, part(instruction.argument(), 4));
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
      code.binary(SimdOp.VFMADD231PS, ymm(pool.give(instruction, pool.of(c))), left, right);
      return;
    }
    Simd factor = register(pool, b, SPARE);
    Simd added = register(pool, c, SPARE2);
    Simd to;
    if (pool.ends(a, number) && !a.equals(b) && !a.equals(c)) {
      pool.release(number);
      to = ymm(pool.give(instruction, pool.of(a)));
    } else {
      to = ymm(pool.take(instruction)); // taken before the operands are left, so none of them is overwritten
      if (a.kind() == Kind.VECTOR) {
        code.move(to, ymm(pool.of(a)));
      } else {
        code.load(SimdOp.VBROADCASTSS, to, shared(a));
      }
      pool.release(number);
    }
    code.binary(SimdOp.VFMADD213PS, to, factor, added);
  }

  private void effect(RegisterPool pool, Instruction instruction) {
    Simd value = register(pool, instruction.operands().get(0), SPARE);
    switch (instruction.operation()) {
      case STORE -> {
        if (tail) {
          code.load(SimdOp.VMOVUPS, SPARE2, tailLanes());
          code.store(SimdOp.VMASKMOVPS_STORE, part(instruction.argument(), 4), SPARE2, value);
        } else {
          code.store(part(instruction.argument(), 4), value);
        }
      }
      case STORE_CODES -> storeCodes(part(instruction.argument(), codeForm.bytes()), value);
      case STORE_NUMBER -> code.storeLane(number(instruction.argument(), instruction.element()), value);
      case STORE_WHOLE -> {
        code.unary(SimdOp.VCVTPS2DQ, SPARE, value);
        code.storeLane(number(instruction.argument(), instruction.element()), SPARE);
      }
      case SET -> code.storeLane(slot(instruction.target()), value);
      case SUM, LARGEST, SMALLEST -> {
        Simd sum = ymm(sumOfSlot[instruction.target()] + half);
        SimdOp op = instructionFor(instruction.operation());
        if (tail) {
          code.binary(op, SPARE, sum, value);
          code.load(SimdOp.VMOVUPS, SPARE2, tailLanes());
          code.blend(sum, sum, SPARE, SPARE2);
        } else {
          code.binary(op, sum, sum, value);
        }
      }
      case LOAD, INDEX, ADD, SUB, MUL, DIV, MIN, MAX, FMA, SQRT, RINT, SCALE, SELECT -> throw new IllegalStateException(
          instruction.toString());
    }
  }

  private void storeCodes(Address address, Simd value) {
    code.unary(SimdOp.VCVTPS2DQ, SPARE, value);
    switch (codeForm) {
      case U8 -> {
        code.binary(SimdOp.VPACKSSDW, SPARE, SPARE, SPARE);
        code.binary(SimdOp.VPACKUSWB, SPARE, SPARE, SPARE); // lanes 0 to 3 in the lower 128 bits, 4 to 7 in the upper
        code.extractHigh(SPARE2.low(), SPARE);
        code.binary(SimdOp.VPUNPCKLDQ, SPARE.low(), SPARE.low(), SPARE2.low());
        code.store(SimdOp.VMOVQ_STORE, address, SPARE.low());
      }
      case S16_PAIRS -> { // lane 0 with lane 2, 1 with 3: the upper two of four shifted above the lower two
        code.shift(SimdOp.VPSRLDQ, SPARE2, SPARE, 8);
        code.shift(SimdOp.VPSLLD, SPARE2, SPARE2, 16);
        code.binary(SimdOp.VPOR, SPARE, SPARE, SPARE2);
        code.extractHigh(SPARE2.low(), SPARE);
        code.store(SimdOp.VMOVQ_STORE, address, SPARE.low());
        code.store(SimdOp.VMOVQ_STORE, address.plus(8), SPARE2.low());
      }
    }
  }

  @Override
  void fold(Instruction instruction) {
    Simd sum = ymm(sumOfSlot[instruction.target()]);
    SimdOp op = instructionFor(instruction.operation());
    code.binary(op, sum, sum, ymm(sum.number() + 1));
    code.binary(SimdOp.VPERM2F128, SPARE, sum, sum, 1);
    code.binary(op, sum, sum, SPARE);
    for (int exchanged : new int[] {0x4e, 0xb1}) {
      code.binary(SimdOp.VSHUFPS, SPARE, sum, sum, exchanged);
      code.binary(op, sum, sum, SPARE);
    }
    code.storeLane(slot(instruction.target()), sum);
  }
}
