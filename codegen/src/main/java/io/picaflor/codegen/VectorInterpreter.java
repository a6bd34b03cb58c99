package io.picaflor.codegen;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.picaflor.codegen.VectorProgram.Block;
import io.picaflor.codegen.VectorProgram.Instruction;
import io.picaflor.codegen.VectorProgram.Operation;
import io.picaflor.codegen.VectorProgram.Value;
import java.lang.foreign.MemorySegment;

/**
 * The back end that needs no CPU of its own: runs a {@link VectorProgram} in Java, lane by lane, to the same bits as machine
 * code. What the operations mean, stands here.
 */
public final class VectorInterpreter {
  private static final int LANES = VectorCall.LANES;

  private final VectorProgram program;
  private final CodeForm codeForm;

  public VectorInterpreter(VectorProgram program, CodeForm codeForm) {
    this.program = program;
    this.codeForm = codeForm;
  }

  /** Runs the program on some rows. */
  public void run(VectorCall call, int firstRow, int rows) {
    MemorySegment block = call.block();
    long groups = block.get(JAVA_LONG, VectorCall.GROUPS);
    for (int row = firstRow; row < firstRow + rows; row++) {
      for (long group = 0; group < groups; group++) {
        long[] pointers = new long[program.arguments()];
        for (int i = 0; i < pointers.length; i++) {
          pointers[i] = block.get(JAVA_LONG, VectorCall.address(i)) - call.memory(i).address()
              + row * block.get(JAVA_LONG, VectorCall.rowStride(i))
              + group * block.get(JAVA_LONG, VectorCall.groupStride(i));
        }
        new Run(call, pointers).run();
      }
    }
  }

  /** One group of one row. */
  private final class Run {
    private final VectorCall call;
    /** Where each argument's group begins, from the start of its memory. */
    private final long[] pointers;
    private final float[] slots = new float[program.slots()];
    private float[][] vectors;
    private float[][] sums;
    private int index;

    Run(VectorCall call, long[] pointers) {
      this.call = call;
      this.pointers = pointers;
    }

    void run() {
      int elements = (int) call.block().get(JAVA_LONG, VectorCall.ELEMENTS);
      for (Block block : program.blocks()) {
        vectors = new float[block.vectors()][LANES];
        sums = new float[slots.length][];
        for (Instruction instruction : block.instructions()) {
          if (instruction.operation().reduces()) {
            sums[instruction.target()] = filled(neutral(instruction.operation()));
          }
        }
        index = 0;
        do {
          int active = block.loop() ? Math.min(LANES, elements - index) : LANES;
          for (Instruction instruction : block.instructions()) {
            execute(instruction, active);
          }
          index += LANES;
        } while (block.loop() && index < elements);
        for (Instruction instruction : block.instructions()) {
          if (instruction.operation().reduces()) {
            slots[instruction.target()] = fold(instruction.operation(), sums[instruction.target()]);
          }
        }
      }
    }

    private void execute(Instruction instruction, int active) {
      switch (instruction.operation()) {
        case STORE_NUMBER ->
            memory(instruction).set(JAVA_FLOAT_UNALIGNED, place(instruction), operand(instruction, 0, 0));
        case STORE_WHOLE ->
            memory(instruction).set(JAVA_INT_UNALIGNED, place(instruction), whole(operand(instruction, 0, 0)));
        case SET -> slots[instruction.target()] = operand(instruction, 0, 0);
        case STORE_CODES -> { // whole vectors, for rows of codes have room behind them
          for (int lane = 0; lane < LANES; lane++) {
            storeCode(memory(instruction), pointers[instruction.argument()], index + lane,
                whole(operand(instruction, 0, lane)));
          }
        }
        case LOAD, INDEX, STORE, ADD, SUB, MUL, DIV, MIN, MAX, FMA, SQRT, RINT, SCALE, SELECT, SUM, LARGEST,
            SMALLEST -> {
          for (int lane = 0; lane < LANES; lane++) {
            executeLane(instruction, lane, lane < active);
          }
        }
      }
    }

    private MemorySegment memory(Instruction instruction) {
      return call.memory(instruction.argument());
    }

    private long place(Instruction instruction) {
      return pointers[instruction.argument()] + 4L * instruction.element();
    }

    private void executeLane(Instruction instruction, int lane, boolean active) {
      Operation operation = instruction.operation();
      long address = instruction.argument() < 0 ? 0 : pointers[instruction.argument()] + 4L * (index + lane);
      if (operation.hasResult()) {
        vectors[instruction.target()][lane] = operation == Operation.LOAD
            ? active ? memory(instruction).get(JAVA_FLOAT_UNALIGNED, address) : 0f
            : compute(instruction, lane);
      } else if (active) {
        float value = operand(instruction, 0, lane);
        if (operation == Operation.STORE) {
          memory(instruction).set(JAVA_FLOAT_UNALIGNED, address, value);
        } else {
          float[] sum = sums[instruction.target()];
          sum[lane] = combine(operation, sum[lane], value);
        }
      }
    }

    private float compute(Instruction instruction, int lane) {
      if (instruction.operation() == Operation.INDEX) {
        return index + lane;
      }
      float a = operand(instruction, 0, lane);
      float b = instruction.operands().size() > 1 ? operand(instruction, 1, lane) : 0f;
      return switch (instruction.operation()) {
        case ADD -> a + b;
        case SUB -> a - b;
        case MUL -> a * b;
        case DIV -> a / b;
        case MIN -> a < b ? a : b;
        case MAX -> a > b ? a : b;
        case FMA -> Math.fma(a, b, operand(instruction, 2, lane));
        case SQRT -> (float) Math.sqrt(a);
        case RINT -> (float) Math.rint(a);
        case SCALE -> Math.scalb(a, (int) b);
        case SELECT -> a > b ? operand(instruction, 2, lane) : operand(instruction, 3, lane);
        case LOAD, INDEX, STORE, STORE_CODES, STORE_NUMBER, STORE_WHOLE, SUM, LARGEST, SMALLEST, SET ->
            throw new IllegalStateException(
                instruction.toString());
      };
    }

    private float operand(Instruction instruction, int number, int lane) {
      Value value = instruction.operands().get(number);
      return switch (value.kind()) {
        case VECTOR -> vectors[value.id()][lane];
        case CONSTANT -> value.constant();
        case SLOT -> slots[value.id()];
        case NUMBER -> call.memory(value.id()).get(JAVA_FLOAT_UNALIGNED, pointers[value.id()] + 4L * value.element());
        case PARAMETER -> call.block().get(JAVA_FLOAT_UNALIGNED, VectorCall.PARAMETERS + 4L * value.id());
      };
    }
  }

  private void storeCode(MemorySegment memory, long row, int index, int code) {
    switch (codeForm) {
      case U8 -> memory.set(JAVA_BYTE, row + codeForm.offset(index), (byte) Math.clamp(code, 0, 255));
      case S16_PAIRS -> memory.set(JAVA_SHORT_UNALIGNED, row + codeForm.offset(index), (short) code);
    }
  }

  /** As {@code vcvtps2dq}: what is no int32 becomes the smallest one. */
  private static int whole(float value) {
    double rounded = Math.rint((double) value);
    return Math.abs(rounded) < 0x1p31 ? (int) rounded : Integer.MIN_VALUE;
  }

  static float neutral(Operation operation) {
    return operation == Operation.SUM
        ? 0f
        : operation == Operation.LARGEST ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
  }

  private static float combine(Operation operation, float sum, float value) {
    return operation == Operation.SUM
        ? sum + value
        : operation == Operation.LARGEST ? sum > value ? sum : value : sum < value ? sum : value;
  }

  private static float fold(Operation operation, float[] sums) {
    float[] lanes = sums;
    for (int step = LANES / 2; step > 0; step /= 2) {
      float[] next = new float[LANES];
      for (int lane = 0; lane < LANES; lane++) {
        next[lane] = combine(operation, lanes[lane], lanes[lane ^ step]);
      }
      lanes = next;
    }
    return lanes[0];
  }

  private static float[] filled(float value) {
    float[] lanes = new float[LANES];
    java.util.Arrays.fill(lanes, value);
    return lanes;
  }
}
