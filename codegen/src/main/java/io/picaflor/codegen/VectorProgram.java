package io.picaflor.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A kernel over rows of float32, written once and run by several back ends that give the same bits: blocks that are run in
 * order for each row, loops over its elements and single computations between them.
 *
 * <p>The language has 16 virtual lanes whatever the CPU's vectors are: element {@code i} of a row is in lane {@code i % 16},
 * a reduction adds up each lane by itself and then folds the lanes in the order 8, 4, 2, 1. Each operation is rounded once;
 * a fused multiply-add is one operation. {@code min} and {@code max} give their second operand where an operand is NaN or both
 * are zeros, as x86 does.
 *
 * <p>Immutable. Rows, strides and counts come with a {@link VectorCall}.
 */
public final class VectorProgram {
  private final int arguments;
  private final int slots;
  private final List<Block> blocks;

  private VectorProgram(int arguments, int slots, List<Block> blocks) {
    this.arguments = arguments;
    this.slots = slots;
    this.blocks = List.copyOf(blocks);
  }

  /** How many pointers to rows the program takes, at most {@link VectorCall#MOST_ARGUMENTS}. */
  public int arguments() {
    return arguments;
  }

  /** How many numbers live from one block to the next. */
  int slots() {
    return slots;
  }

  List<Block> blocks() {
    return blocks;
  }

  /** What an instruction does; {@code a} to {@code d} are its operands. */
  enum Operation {
    LOAD,
    /** The number of each lane's element in its row, from 0. */
    INDEX,
    STORE,
    /** Rounds to whole numbers of 0 to 255 and stores them as the codes of the back end's {@link CodeForm}. */
    STORE_CODES,
    /** Stores lane 0 at a fixed element of the argument's row. */
    STORE_NUMBER,
    /** The same, rounded to int32. */
    STORE_WHOLE,
    ADD,
    SUB,
    MUL,
    DIV,
    MIN,
    MAX,
    /** {@code a * b + c}, rounded once. */
    FMA,
    SQRT,
    /** To the nearest whole number, halves to even. */
    RINT,
    /** {@code a * 2^b}; b is whole, a and the result are normal numbers or NaN. */
    SCALE,
    /** {@code a > b ? c : d}. */
    SELECT,
    SUM,
    LARGEST,
    SMALLEST,
    /** Sets a slot to lane 0. */
    SET;

    boolean reduces() {
      return this == SUM || this == LARGEST || this == SMALLEST;
    }

    boolean hasResult() {
      return switch (this) {
        case STORE, STORE_CODES, STORE_NUMBER, STORE_WHOLE, SUM, LARGEST, SMALLEST, SET -> false;
        case LOAD, INDEX, ADD, SUB, MUL, DIV, MIN, MAX, FMA, SQRT, RINT, SCALE, SELECT -> true;
      };
    }
  }

  /** Where an operand comes from. */
  enum Kind {
    VECTOR,
    CONSTANT,
    SLOT,
    PARAMETER,
    /** A number of an argument's row. */
    NUMBER
  }

  /** An operand: a vector of the block it was made in, or a number that all lanes share. */
  public static final class Value {
    private final Kind kind;
    private final int id;
    private final int element;
    private final float constant;

    private Value(Kind kind, int id, int element, float constant) {
      this.kind = kind;
      this.id = id;
      this.element = element;
      this.constant = constant;
    }

    Kind kind() {
      return kind;
    }

    /** Of the vector, slot, parameter or argument. */
    int id() {
      return id;
    }

    /** Which number of an argument's row. */
    int element() {
      return element;
    }

    float constant() {
      return constant;
    }
  }

  /**
   * One instruction of a block.
   *
   * @param target the vector that it makes, or the slot that it reduces to
   * @param argument what it loads or stores
   * @param element where a single number is stored
   */
  record Instruction(
      Operation operation, int target, List<Value> operands, int argument, int element) {}

  /**
   * Instructions that are run for every 16 elements of a row, or once.
   *
   * @param vectors how many vectors the instructions make
   */
  record Block(boolean loop, List<Instruction> instructions, int vectors) {
    Block {
      instructions = List.copyOf(instructions);
    }

    /** For each vector the index of the instruction that reads it last, or -1. */
    int[] lastUses() {
      int[] last = new int[vectors];
      java.util.Arrays.fill(last, -1);
      for (int i = 0; i < instructions.size(); i++) {
        for (Value operand : instructions.get(i).operands()) {
          if (operand.kind() == Kind.VECTOR) {
            last[operand.id()] = i;
          }
        }
      }
      return last;
    }
  }

  /** A number that all lanes share. */
  public static Value constant(float value) {
    return new Value(Kind.CONSTANT, -1, 0, value);
  }

  /** A number that comes with the call. */
  public static Value parameter(int index) {
    if (index < 0 || index >= VectorCall.MOST_PARAMETERS) {
      throw new IllegalArgumentException(
          "parameter: expected 0 to " + (VectorCall.MOST_PARAMETERS - 1) + ", found " + index);
    }
    return new Value(Kind.PARAMETER, index, 0, 0);
  }

  /** A number that stands in an argument's row, so many elements from its start. */
  public static Value number(int argument, int element) {
    return new Value(Kind.NUMBER, argument, element, 0);
  }

  /** Begins a program of so many arguments. */
  public static Builder of(int arguments) {
    return new Builder(arguments);
  }

  /** Collects the blocks of a program. */
  public static final class Builder {
    private final int arguments;
    private final List<Block> blocks = new ArrayList<>();
    private int slots;

    private Builder(int arguments) {
      if (arguments < 1 || arguments > VectorCall.MOST_ARGUMENTS) {
        throw new IllegalArgumentException(
            "arguments: expected 1 to " + VectorCall.MOST_ARGUMENTS + ", found " + arguments);
      }
      this.arguments = arguments;
    }

    /** A number that lives from one block to the next; set by a reduction or by {@link Body#set}. */
    public Value slot() {
      return new Value(Kind.SLOT, slots++, 0, 0);
    }

    /** Runs the body for every 16 elements. */
    public Builder loop(Consumer<Body> body) {
      return block(true, body);
    }

    /** Runs the body once. */
    public Builder once(Consumer<Body> body) {
      return block(false, body);
    }

    private Builder block(boolean loop, Consumer<Body> body) {
      Body block = new Body(loop, arguments);
      body.accept(block);
      blocks.add(new Block(loop, block.instructions, block.vectors));
      return this;
    }

    public VectorProgram build() {
      return new VectorProgram(arguments, slots, blocks);
    }
  }

  /** Writes the instructions of a block. */
  public static final class Body {
    private final boolean loop;
    private final int arguments;
    private final List<Instruction> instructions = new ArrayList<>();
    private int vectors;

    private Body(boolean loop, int arguments) {
      this.loop = loop;
      this.arguments = arguments;
    }

    private Value make(Operation operation, int argument, Value... operands) {
      Value result = new Value(Kind.VECTOR, vectors++, 0, 0);
      instructions.add(new Instruction(operation, result.id(), List.of(operands), argument, 0));
      return result;
    }

    private void effect(Operation operation, int target, int argument, int element, Value value) {
      instructions.add(new Instruction(operation, target, List.of(value), argument, element));
    }

    private int checked(int argument, boolean inLoop) {
      if (argument < 0 || argument >= arguments || inLoop != loop) {
        throw new IllegalArgumentException("argument " + argument + ": there is none, or this is no place for it");
      }
      return argument;
    }

    /** The next elements of an argument's row. */
    public Value load(int argument) {
      return make(Operation.LOAD, checked(argument, true));
    }

    /** The number of each element in its row, from 0. */
    public Value index() {
      if (!loop) {
        throw new IllegalArgumentException("index: there is one in a loop only");
      }
      return make(Operation.INDEX, -1);
    }

    public void store(int argument, Value value) {
      effect(Operation.STORE, -1, checked(argument, true), 0, value);
    }

    /** Stores values of 0 to 255 as codes; up to 15 codes behind the row's end are overwritten. */
    public void storeCodes(int argument, Value value) {
      effect(Operation.STORE_CODES, -1, checked(argument, true), 0, value);
    }

    /** Stores one number, so many elements behind the start of an argument's row. */
    public void storeNumber(int argument, int element, Value value) {
      effect(Operation.STORE_NUMBER, -1, checked(argument, false), element, value);
    }

    /** Stores one whole number as int32. */
    public void storeWhole(int argument, int element, Value value) {
      effect(Operation.STORE_WHOLE, -1, checked(argument, false), element, value);
    }

    public Value add(Value a, Value b) {
      return make(Operation.ADD, -1, a, b);
    }

    public Value sub(Value a, Value b) {
      return make(Operation.SUB, -1, a, b);
    }

    public Value mul(Value a, Value b) {
      return make(Operation.MUL, -1, a, b);
    }

    public Value div(Value a, Value b) {
      return make(Operation.DIV, -1, a, b);
    }

    /** {@code a < b ? a : b}. */
    public Value min(Value a, Value b) {
      return make(Operation.MIN, -1, a, b);
    }

    /** {@code a > b ? a : b}. */
    public Value max(Value a, Value b) {
      return make(Operation.MAX, -1, a, b);
    }

    /** {@code a * b + c}, rounded once. */
    public Value fma(Value a, Value b, Value c) {
      return make(Operation.FMA, -1, a, b, c);
    }

    public Value sqrt(Value a) {
      return make(Operation.SQRT, -1, a);
    }

    public Value rint(Value a) {
      return make(Operation.RINT, -1, a);
    }

    /** {@code a * 2^b}; b is whole, a and the result are normal numbers or NaN. */
    public Value scale(Value a, Value b) {
      return make(Operation.SCALE, -1, a, b);
    }

    /** {@code a > b ? c : d}; d where one of them is NaN. */
    public Value select(Value a, Value b, Value c, Value d) {
      return make(Operation.SELECT, -1, a, b, c, d);
    }

    public void sum(Value slot, Value value) {
      reduce(Operation.SUM, slot, value);
    }

    public void largest(Value slot, Value value) {
      reduce(Operation.LARGEST, slot, value);
    }

    public void smallest(Value slot, Value value) {
      reduce(Operation.SMALLEST, slot, value);
    }

    private void reduce(Operation operation, Value slot, Value value) {
      if (slot.kind() != Kind.SLOT || value.kind() != Kind.VECTOR || !loop) {
        throw new IllegalArgumentException("reduction: expected a vector in a loop, into a slot");
      }
      effect(operation, slot.id(), -1, 0, value);
    }

    /** Sets a slot. */
    public void set(Value slot, Value value) {
      if (slot.kind() != Kind.SLOT || value.kind() != Kind.VECTOR || loop) {
        throw new IllegalArgumentException("set: expected a computed value, a slot, and a block that runs once");
      }
      effect(Operation.SET, slot.id(), -1, 0, value);
    }
  }
}
