package io.picaflor.graph;

import io.picaflor.model.FlexMap;

/**
 * What a node computes, with its attributes. One record per operation, or per family whose members differ by a function only.
 *
 * <p>Numbers, attributes and meanings: {@code FORMATS.md}, 1.5. {@code activation} is applied to the result.
 */
public sealed interface Op {

  /** The operation's name in the file format, such as {@code FULLY_CONNECTED}; for messages. */
  default String label() {
    return switch (this) {
      case Unary op -> op.function.name();
      case Binary op -> op.function.name();
      case Compare op -> op.function.name();
      case Reduce op -> op.function.name();
      case Composite op -> op.name;
      case Custom op -> op.name;
      default -> getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(java.util.Locale.ROOT);
    };
  }

  /** A function that is applied to a result before it is stored. */
  enum Activation {
    NONE,
    RELU,
    RELU_N1_TO_1,
    RELU6,
    TANH
  }

  /** Functions of one number. */
  enum UnaryFunction {
    ABS,
    COS,
    EXP,
    GELU,
    GELU_TANH,
    LOG,
    LOGICAL_NOT,
    LOGISTIC,
    NEG,
    RELU,
    ROUND,
    RSQRT,
    SIGN,
    SIN,
    SQRT,
    SQUARE,
    TANH
  }

  /** Functions of two numbers, with broadcasting. */
  enum BinaryFunction {
    ADD,
    DIV,
    FLOOR_DIV,
    FLOOR_MOD,
    LOGICAL_AND,
    LOGICAL_OR,
    MAXIMUM,
    MINIMUM,
    MUL,
    POW,
    SQUARED_DIFFERENCE,
    SUB
  }

  /** Comparisons of two numbers, with broadcasting. */
  enum Comparison {
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    NOT_EQUAL
  }

  /** Reductions over some dimensions. */
  enum Reduction {
    MEAN,
    REDUCE_ALL,
    REDUCE_ANY,
    REDUCE_MAX,
    REDUCE_MIN,
    SUM
  }

  /** {@code y = f(x)}, element by element. */
  record Unary(UnaryFunction function) implements Op {}

  /** {@code y = activation(f(a, b))}, element by element with broadcasting. */
  record Binary(BinaryFunction function, Activation activation) implements Op {}

  /** {@code y = a ? b}, a boolean for each pair. */
  record Compare(Comparison function) implements Op {}

  /** Inputs: x, dimensions. */
  record Reduce(Reduction function, boolean keepDimensions) implements Op {}

  /** Softmax over the innermost dimension of {@code beta * x}. */
  record Softmax(float beta) implements Op {}

  /** Inputs: x, weights of outputs x inputs, optional bias. */
  record FullyConnected(Activation activation) implements Op {}

  /** Matrix product over the two innermost dimensions; {@code adjoint} operands are transposed first. */
  record BatchMatmul(boolean adjointLeft, boolean adjointRight) implements Op {}

  /** Inputs: ids, table. */
  record EmbeddingLookup() implements Op {}

  /** Inputs: x as batch, height, width, channels; filter; optional bias. No padding at the borders. */
  record DepthwiseConv2d(int strideWidth, int strideHeight, int dilationWidth, int dilationHeight,
      Activation activation) implements Op {}

  /** The same elements in another shape: RESHAPE, SQUEEZE, EXPAND_DIMS. The output's own shape says which. */
  record Reshape() implements Op {}

  /** Inputs: x, permutation. */
  record Transpose() implements Op {}

  /** Inputs: x, begin, size. */
  record Slice() implements Op {}

  /** Inputs: x, begin, end, strides; masks have a bit for each dimension. */
  record StridedSlice(int beginMask, int endMask, int ellipsisMask, int newAxisMask,
      int shrinkAxisMask) implements Op {}

  /** Joins the inputs along a dimension. */
  record Concatenation(int axis, Activation activation) implements Op {}

  /** Inputs: axis, x. Cuts x into equal parts. */
  record Split() implements Op {}

  /** Inputs: x, sizes, axis. */
  record SplitV() implements Op {}

  /** Joins the inputs along a new dimension. */
  record Pack(int axis) implements Op {}

  /** Cuts along a dimension and drops it. */
  record Unpack(int axis) implements Op {}

  /** Inputs: x, paddings, optional value. */
  record Pad() implements Op {}

  /** Inputs: x, shape. */
  record BroadcastTo() implements Op {}

  /** Inputs: x, multiples. */
  record Tile() implements Op {}

  /** Inputs: x, indices. */
  record Gather(int axis, int batchDimensions) implements Op {}

  /** Inputs: x, indices whose innermost dimension addresses the outermost ones of x. */
  record GatherNd() implements Op {}

  /** Inputs: x, update, start. The start is moved back so that the update fits. */
  record DynamicUpdateSlice() implements Op {}

  /**
   * Inputs: condition, a, b, with broadcasting.
   *
   * @param outermost whether a condition of rank 1 runs along the outermost dimension: in SELECT, not in SELECT_V2
   */
  record Select(boolean outermost) implements Op {}

  /** The same numbers in the output's type. */
  record Cast() implements Op {}

  /** Inputs: indices, depth, on value, off value. */
  record OneHot(int axis) implements Op {}

  /** Inputs: x, k. Outputs: values in falling order, indices. */
  record TopK() implements Op {}

  /** Inputs: x, axis. */
  record ArgMax() implements Op {}

  /** Inputs: x, axis. */
  record Cumsum(boolean exclusive, boolean reverse) implements Op {}

  /** Integers or float16 to float32. */
  record Dequantize() implements Op {}

  /** Float32 to integers. */
  record Quantize() implements Op {}

  /**
   * A named group of operations.
   *
   * @param decomposition the subgraph that says what it means
   */
  record Composite(String name, int version, FlexMap attributes, Subgraph decomposition) implements Op {}

  /** An operation that has a name only. */
  record Custom(String name, FlexMap attributes) implements Op {}
}
