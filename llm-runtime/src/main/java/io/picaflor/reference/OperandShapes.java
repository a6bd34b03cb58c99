package io.picaflor.reference;

import io.picaflor.graph.OperandRole;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Shape;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The types and shapes of operands that {@link CallOperands} can fill, checked when a model is loaded.
 *
 * @param rows how many tokens the program takes
 * @param contextLength positions that the KV cache holds
 * @param slidingWindow positions that a query of a sliding-window layer sees, where the file says so
 */
record OperandShapes(int rows, int contextLength, OptionalInt slidingWindow) {
  private static final Set<ElementType> MASKS = Set.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BOOL);

  /** What is wrong with an operand, or {@code null} if it can be filled. */
  String fault(OperandRole role, Value operand) {
    return switch (role) {
      case TOKENS, POSITIONS -> typed(operand, ElementType.INT32, rows);
      case TIME_STEP -> typed(operand, ElementType.INT32, 1);
      case VALID_ROWS -> typed(operand, ElementType.BOOL, rows);
      case POSITION_PARAMETERS -> typed(operand, ElementType.INT32, operand.elements());
      case CAUSAL_MASK -> mask(operand);
      case SLIDING_MASK -> slidingMask(operand);
      case EMBEDDINGS, PER_LAYER_EMBEDDINGS, COMPUTED_MASK, COMPUTED_ROTARY, CACHE_ROWS, ADAPTER -> null;
    };
  }

  private static String typed(Value operand, ElementType type, long elements) {
    return operand.type() == type && operand.elements() == elements
        ? null
        : "expected " + elements + " values of " + type + ", found " + operand;
  }

  private String mask(Value operand) {
    Shape shape = operand.shape();
    boolean fits = MASKS.contains(operand.type()) && shape.rank() >= 2 && shape.size(-2) == rows && shape.size(-1) > 0
        && shape.elements() == (long) rows * shape.size(-1);
    return fits ? null : "expected a mask with " + rows + " rows, found " + operand;
  }

  private String slidingMask(Value operand) {
    if (mask(operand) != null) {
      return mask(operand);
    }
    if (slidingWindow.isEmpty()) {
      return "the mask of a sliding window, but the file's executor metadata (sliding_window_size) do not say how wide it is";
    }
    // All positions; the slots of a ring; or in prefill those slots and the new rows.
    int columns = operand.shape().size(-1);
    return columns == contextLength || rows == 1 || columns > rows
        ? null
        : "expected a mask with " + contextLength + " columns or more than " + rows + ", found " + operand;
  }
}
