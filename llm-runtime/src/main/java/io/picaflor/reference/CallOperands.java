package io.picaflor.reference;

import io.picaflor.graph.OperandRole;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * Fills the operands of a program for one {@link Call}, as LiteRT-LM does ({@code FORMATS.md}, 2.5): tokens, positions,
 * masks, and what side graphs compute from them.
 */
final class CallOperands {
  /** What a float mask adds where nothing may be seen: 0.7 of the lowest float, so that sums with scores stay finite. */
  private static final float MASKED = -0.7f * Float.MAX_VALUE;

  private static final float MASKED_HALF = -45824f;

  private final ReferenceNetwork network;
  private final Function<Program, Frame> frames;
  private final Program main;
  private final Call call;

  /**
   * The operands of one call.
   *
   * @param frames gives the frame of a side program
   * @param main the program that takes the tokens, whose side programs are meant
   */
  CallOperands(ReferenceNetwork network, Function<Program, Frame> frames, Program main, Call call) {
    this.network = network;
    this.frames = frames;
    this.main = main;
    this.call = call;
  }

  /** Fills all operands of a program: the main one, or one of its side programs. */
  void fill(Frame frame) {
    for (String name : frame.program().inputNames()) {
      Value operand = frame.program().input(name);
      MemorySegment target = frame.input(name);
      switch (OperandRole.of(name).orElseThrow()) {
        case TOKENS -> ints(operand, target, i -> i < call.count() ? call.tokens()[call.from() + i] : 0);
        case POSITIONS -> ints(operand, target, i -> i < call.count() ? call.position() + i : 0);
        case TIME_STEP -> ints(operand, target, i -> call.position());
        case VALID_ROWS -> {
          for (int i = 0; i < operand.elements(); i++) {
            target.set(JAVA_BYTE, i, (byte) (i < call.count() ? 1 : 0));
          }
        }
        case CAUSAL_MASK -> mask(operand, target, (row, column) -> column <= call.position() + row);
        case SLIDING_MASK -> slidingMask(operand, target);
        case EMBEDDINGS -> embed("embedder", operand, target);
        case PER_LAYER_EMBEDDINGS -> embed("per_layer_embedder", operand, target);
        case POSITION_PARAMETERS -> {
          int end = call.position() + call.count();
          ints(operand, target, i -> i == 0 ? call.position() : i <= 2 ? end : 0);
        }
        case COMPUTED_MASK -> computed("_mask", name, target);
        case COMPUTED_ROTARY -> computed("_rope", name, target);
        case CACHE_ROWS -> target.copyFrom(frames.apply(main).output(name));
        case ADAPTER -> target.fill((byte) 0);
      }
    }
  }

  private interface IntAt {
    int at(int index);
  }

  private static void ints(Value operand, MemorySegment target, IntAt numbers) {
    for (int i = 0; i < operand.elements(); i++) {
      target.setAtIndex(JAVA_INT, i, numbers.at(i));
    }
  }

  private interface Visibility {
    boolean sees(int row, int column);
  }

  /** Rows that hold a token see what they may; padding sees nothing. */
  private void mask(Value operand, MemorySegment target, Visibility visibility) {
    Shape shape = operand.shape();
    int columns = shape.size(-1);
    int rows = shape.size(-2);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        boolean open = row < call.count() && visibility.sees(row, column);
        long at = (long) row * columns + column;
        switch (operand.type()) {
          case FLOAT32 -> target.setAtIndex(JAVA_FLOAT, at, open ? 0 : MASKED);
          case FLOAT16 -> target.setAtIndex(JAVA_SHORT, at, open ? 0 : Float.floatToFloat16(MASKED_HALF));
          default -> target.set(JAVA_BYTE, at, (byte) (open ? 1 : 0));
        }
      }
    }
  }

  /**
   * A mask within the sliding window. Its columns are all positions; or the slots of a ring in which slot j holds the latest
   * time t with t mod slots = j, which in prefill are followed by the new rows.
   */
  private void slidingMask(Value operand, MemorySegment target) {
    int window = network.slidingWindow().orElse(Integer.MAX_VALUE);
    int columns = operand.shape().size(-1);
    int position = call.position();
    if (columns == network.contextLength()) {
      mask(operand, target, (row, column) -> column <= position + row && column > position + row - (long) window);
    } else if (call.rows() == 1) {
      mask(operand, target, (row, column) -> {
        int age = Math.floorMod(position - column, columns);
        return age < window && age <= position;
      });
    } else {
      int slots = columns - call.rows();
      mask(operand, target, (row, column) -> {
        if (column >= slots) {
          return column - slots <= row && column - slots > row - (long) window;
        }
        int time = position - 1 - Math.floorMod(position - 1 - column, slots);
        return time >= 0 && time > position + row - (long) window;
      });
    }
  }

  /** Runs the embedder on all rows at once, or on each token in turn where it takes only one. */
  private void embed(String kind, Value operand, MemorySegment target) {
    Program embedder = network.program(network.embedderName(main, kind));
    Frame frame = frames.apply(embedder);
    String result = embedder.outputNames().iterator().next();
    long bytes = frame.output(result).byteSize();
    if (bytes == operand.storage().bytes()) {
      new CallOperands(network, frames, main, call).fill(frame);
      frame.run();
      target.copyFrom(frame.output(result));
      return;
    }
    for (int i = 0; i < call.rows(); i++) {
      int valid = i < call.count() ? 1 : 0;
      Call one = new Call(call.tokens(), call.from() + i, valid, 1, call.position() + i);
      new CallOperands(network, frames, main, one).fill(frame);
      frame.run();
      MemorySegment.copy(frame.output(result), 0, target, i * bytes, bytes);
    }
  }

  /** Runs the auxiliary signature that gives out an operand of that name. */
  private void computed(String side, String name, MemorySegment target) {
    Frame frame = frames.apply(network.program(ReferenceNetwork.sideName(main, side)));
    fill(frame);
    frame.run();
    target.copyFrom(frame.output(name));
  }
}
