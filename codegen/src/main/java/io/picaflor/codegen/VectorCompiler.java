package io.picaflor.codegen;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.R12;
import static io.picaflor.codegen.Gpr.R13;
import static io.picaflor.codegen.Gpr.R14;
import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RSI;
import static io.picaflor.codegen.Gpr.RSP;

import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.VectorProgram.Block;
import io.picaflor.codegen.VectorProgram.Instruction;
import io.picaflor.codegen.X64Assembler.Condition;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a {@link VectorProgram} into machine code of x86-64, the part that all vector widths share: rows, groups, loops,
 * constants.
 *
 * <p>The function made is {@code f(call, firstRow, rows)}, with at least one row, in the System V convention. RDI holds the call,
 * RSI the element reached, RAX the constants, RCX and RDX are free; numbers that live between blocks stand on the stack.
 */
public abstract sealed class VectorCompiler permits Avx512VectorCompiler, Avx2VectorCompiler {
  private static final Gpr[] POINTERS = {R8, R9, R10, R11, RBX, RBP};
  private static final Gpr[] SAVED = {RBX, RBP, R12, R13, R14};

  final X64Assembler code;
  final CodeForm codeForm;
  private final List<Float> constants = new ArrayList<>();
  /** Whether the pool begins with the numbers of a vector's lanes. */
  private boolean indices;

  VectorCompiler(X64Assembler code, CodeForm codeForm) {
    this.code = code;
    this.codeForm = codeForm;
  }

  /** Writes the function for a CPU with AVX-512. */
  public static Label avx512(X64Assembler code, CodeForm codeForm, VectorProgram program) {
    return new Avx512VectorCompiler(code, codeForm).compile(program);
  }

  /** Writes the function for a CPU with AVX2 and FMA. */
  public static Label avx2(X64Assembler code, CodeForm codeForm, VectorProgram program) {
    return new Avx2VectorCompiler(code, codeForm).compile(program);
  }

  final Label compile(VectorProgram program) {
    code.align(64);
    Label start = code.here();
    Label pool = code.label();
    indices = usesIndices(program);
    for (int lane = 0; indices && lane < VectorCall.LANES; lane++) {
      constants.add((float) lane);
    }
    for (Gpr register : SAVED) {
      code.push(register);
    }
    int frame = (program.slots() * 4 + 15) / 16 * 16;
    code.sub(RSP, frame);
    code.mov(R13, RDX);
    for (int i = 0; i < program.arguments(); i++) {
      code.mov(POINTERS[i], RSI);
      code.imul(POINTERS[i], Address.at(RDI, VectorCall.rowStride(i)));
      code.add(POINTERS[i], Address.at(RDI, VectorCall.address(i)));
    }
    code.lea(RAX, pool);
    code.load(R12, Address.at(RDI, VectorCall.WHOLE_ELEMENTS));
    begin();
    Label row = code.here();
    code.load(R14, Address.at(RDI, VectorCall.GROUPS));
    Label group = code.here();
    for (Block block : program.blocks()) {
      block(block);
    }
    advance(program, R14, group, true);
    advance(program, R13, row, false);
    code.add(RSP, frame);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    code.vzeroupper();
    code.ret();
    code.align(4);
    code.bind(pool);
    for (float constant : constants) {
      code.word(Float.floatToRawIntBits(constant));
    }
    return start;
  }

  private static boolean usesIndices(VectorProgram program) {
    for (Block block : program.blocks()) {
      for (Instruction instruction : block.instructions()) {
        if (instruction.operation() == VectorProgram.Operation.INDEX) {
          return true;
        }
      }
    }
    return false;
  }

  /** Moves all pointers on and goes round again until the counter is 0. */
  private void advance(VectorProgram program, Gpr counter, Label again, boolean group) {
    for (int i = 0; i < program.arguments(); i++) {
      code.add(POINTERS[i], Address.at(RDI, group ? VectorCall.groupStride(i) : VectorCall.rowAdvance(i)));
    }
    code.sub(counter, 1);
    code.jump(Condition.NOT_EQUAL, again);
  }

  private void block(Block block) {
    beginBlock(block);
    code.mov(RSI, 0);
    if (!block.loop()) {
      body(block, false);
      return;
    }
    Label tail = code.label();
    Label done = code.label();
    code.test(R12, R12);
    code.jump(Condition.EQUAL, tail);
    code.align(32);
    Label loop = code.here();
    body(block, false);
    code.add(RSI, VectorCall.LANES);
    code.cmp(RSI, R12);
    code.jump(Condition.NOT_EQUAL, loop);
    code.bind(tail);
    code.cmp(R12, Address.at(RDI, VectorCall.ELEMENTS));
    code.jump(Condition.EQUAL, done);
    body(block, true);
    code.bind(done);
    for (Instruction instruction : block.instructions()) {
      if (instruction.operation().reduces()) {
        fold(instruction);
      }
    }
  }

  /** Where the numbers of the first 16 elements stand. */
  final Address firstIndices() {
    return Address.at(RAX, 0);
  }

  /** Loads the element reached as an integer into all lanes, by way of the red zone: nothing is called in between. */
  final void broadcastElement(Simd to) {
    code.store(Address.at(RSP, -8), RSI);
    code.load(SimdOp.VPBROADCASTD, to, Address.at(RSP, -8));
  }

  /** Where the element reached of an argument lies. */
  final Address element(int argument, int bytesEach) {
    return Address.at(POINTERS[argument], RSI, bytesEach, 0);
  }

  /** Where a fixed element of an argument lies. */
  final Address number(int argument, int element) {
    return Address.at(POINTERS[argument], 4 * element);
  }

  final Address slot(int slot) {
    return Address.at(RSP, 4 * slot);
  }

  /** Where the number stands that an operand shares among all lanes. */
  final Address shared(VectorProgram.Value value) {
    return switch (value.kind()) {
      case CONSTANT -> constant(value.constant());
      case SLOT -> slot(value.id());
      case PARAMETER -> Address.at(RDI, VectorCall.PARAMETERS + 4 * value.id());
      case NUMBER -> number(value.id(), value.element());
      case VECTOR -> throw new IllegalArgumentException("operand: a vector is not shared");
    };
  }

  final Address constant(float value) {
    int bits = Float.floatToRawIntBits(value);
    int index = 0;
    while (index < constants.size() && Float.floatToRawIntBits(constants.get(index)) != bits) {
      index++;
    }
    if (index == constants.size()) {
      constants.add(value);
    }
    return Address.at(RAX, 4 * index);
  }

  /** Sets up what lasts for the whole function. */
  abstract void begin();

  /** Sets up the sums of a block. */
  abstract void beginBlock(Block block);

  /** Writes a block's instructions for 16 elements, or for fewer if it is the tail. */
  abstract void body(Block block, boolean tail);

  /** Folds a sum of the block and stores it in its slot. */
  abstract void fold(Instruction instruction);

  static SimdOp instructionFor(VectorProgram.Operation operation) {
    return switch (operation) {
      case ADD, SUM -> SimdOp.VADDPS;
      case SUB -> SimdOp.VSUBPS;
      case MUL -> SimdOp.VMULPS;
      case DIV -> SimdOp.VDIVPS;
      case MIN, SMALLEST -> SimdOp.VMINPS;
      case MAX, LARGEST -> SimdOp.VMAXPS;
      case SQRT -> SimdOp.VSQRTPS;
      case LOAD, INDEX, STORE, STORE_CODES, STORE_NUMBER, STORE_WHOLE, FMA, RINT, SCALE, SELECT, SET ->
          throw new IllegalArgumentException(
              operation + ": is not one instruction");
    };
  }
}
