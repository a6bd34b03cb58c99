package io.picaflor.codegen;

import io.picaflor.codegen.VectorProgram.Block;
import io.picaflor.codegen.VectorProgram.Instruction;
import io.picaflor.codegen.VectorProgram.Kind;
import io.picaflor.codegen.VectorProgram.Value;
import java.util.Arrays;
import java.util.BitSet;

/** Which vector register holds which value of a block, instruction by instruction: each from its making to its last use. */
final class RegisterPool {
  private final Block block;
  private final int[] lastUses;
  private final int[] registers;
  private final BitSet free = new BitSet();

  /** @param count registers 0 to {@code count - 1} hold values */
  RegisterPool(Block block, int count) {
    this.block = block;
    lastUses = block.lastUses();
    registers = new int[block.vectors()];
    Arrays.fill(registers, -1);
    free.set(0, count);
  }

  /** The register of a vector that was made before. */
  int of(Value vector) {
    return registers[vector.id()];
  }

  /** Whether the instruction is the last one to read an operand. */
  boolean ends(Value value, int instruction) {
    return value.kind() == Kind.VECTOR && lastUses[value.id()] == instruction;
  }

  /** Frees the registers of operands that are not read again. */
  void release(int instruction) {
    for (Value operand : block.instructions().get(instruction).operands()) {
      if (ends(operand, instruction)) {
        free.set(of(operand));
      }
    }
  }

  /** A register for the instruction's result. */
  int take(Instruction instruction) {
    int register = free.nextSetBit(0);
    if (register < 0) {
      throw new IllegalStateException("program: more values at a time than there are registers");
    }
    return give(instruction, register);
  }

  /** Puts the instruction's result into a register that an operand leaves. */
  int give(Instruction instruction, int register) {
    free.clear(register);
    registers[instruction.target()] = register;
    return register;
  }
}
