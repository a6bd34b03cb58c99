package io.picaflor.graph;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.Op.Activation;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Comparison;
import io.picaflor.graph.Op.Reduction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.model.FlatTable;
import io.picaflor.model.FlexMap;

/**
 * Turns an operator's code and options into an {@link Op}.
 *
 * <p>Codes, option tags and field numbers: {@code FORMATS.md}, 1.5. A missing options table means defaults.
 */
final class OpReader {
  private static final int CUSTOM = 32;
  private static final int COMPOSITE = 206;
  private static final int COMPOSITE_OPTIONS = 21;

  /** An entry of the file's operator table. */
  record Code(int number, int version, String customName) {
    boolean isComposite() {
      return number == COMPOSITE;
    }

    /** What messages call it. */
    String label() {
      return number == CUSTOM ? "CUSTOM '" + customName + "'" : "operator code " + number;
    }
  }

  /** Gives the subgraph that a composite names, read and checked. */
  interface Decompositions {
    Subgraph read(int index) throws ModelFormatException, UnsupportedModelException;
  }

  private final String file;
  private final Decompositions decompositions;

  OpReader(String file, Decompositions decompositions) {
    this.file = file;
    this.decompositions = decompositions;
  }

  /** The entry of the operator table: old files have the code in one byte, new ones in both places. */
  static Code code(FlatTable table) throws ModelFormatException {
    int number = Math.max(table.i8(0, 0), table.i32(3, 0));
    String custom = table.string(1);
    return new Code(number, table.i32(2, 1), custom == null ? "" : custom);
  }

  /**
   * The operation of an operator.
   *
   * @param where names the operator in messages
   * @throws UnsupportedModelException if we do not compute that operation, or not with these options
   */
  Op read(Code code, FlatTable operator, String where) throws ModelFormatException, UnsupportedModelException {
    Options options = new Options(operator, where);
    return switch (code.number) {
      case 0 -> binary(BinaryFunction.ADD, options.activation(11, 0));
      case 2 -> new Op.Concatenation(options.i32(10, 0, 0), options.activation(10, 1));
      case 4 -> depthwise(options);
      case 6 -> new Op.Dequantize();
      case 7 -> new Op.EmbeddingLookup();
      case 9 -> fullyConnected(options);
      case 14 -> new Op.Unary(UnaryFunction.LOGISTIC);
      case 18 -> binary(BinaryFunction.MUL, options.activation(21, 0));
      case 19 -> new Op.Unary(UnaryFunction.RELU);
      case 22, 43, 70 -> new Op.Reshape();
      case 25 -> new Op.Softmax(options.f32(9, 0));
      case 28 -> new Op.Unary(UnaryFunction.TANH);
      case CUSTOM ->
          new Op.Custom(code.customName, FlexMap.root(operator.vector(5, 1).bytes("attributes of " + where)));
      case 34, 60 -> new Op.Pad();
      case 36 -> new Op.Gather(options.i32(23, 0, 0), options.i32(23, 1, 0));
      case 39 -> new Op.Transpose();
      case 40 -> reduce(Reduction.MEAN, options);
      case 41 -> binary(BinaryFunction.SUB, options.activation(28, 0));
      case 42 -> binary(BinaryFunction.DIV, options.activation(29, 0));
      case 45 -> stridedSlice(options);
      case 47 -> new Op.Unary(UnaryFunction.EXP);
      case 48 -> new Op.TopK();
      case 49 -> new Op.Split();
      case 53 -> new Op.Cast();
      case 55 -> binary(BinaryFunction.MAXIMUM, Activation.NONE);
      case 56 -> new Op.ArgMax();
      case 57 -> binary(BinaryFunction.MINIMUM, Activation.NONE);
      case 58 -> new Op.Compare(Comparison.LESS);
      case 59 -> new Op.Unary(UnaryFunction.NEG);
      case 61 -> new Op.Compare(Comparison.GREATER);
      case 62 -> new Op.Compare(Comparison.GREATER_EQUAL);
      case 63 -> new Op.Compare(Comparison.LESS_EQUAL);
      case 64 -> new Op.Select(true);
      case 65 -> new Op.Slice();
      case 66 -> new Op.Unary(UnaryFunction.SIN);
      case 69 -> new Op.Tile();
      case 71 -> new Op.Compare(Comparison.EQUAL);
      case 72 -> new Op.Compare(Comparison.NOT_EQUAL);
      case 73 -> new Op.Unary(UnaryFunction.LOG);
      case 74 -> reduce(Reduction.SUM, options);
      case 75 -> new Op.Unary(UnaryFunction.SQRT);
      case 76 -> new Op.Unary(UnaryFunction.RSQRT);
      case 78 -> binary(BinaryFunction.POW, Activation.NONE);
      case 82 -> reduce(Reduction.REDUCE_MAX, options);
      case 83 -> new Op.Pack(options.i32(59, 1, 0));
      case 84 -> binary(BinaryFunction.LOGICAL_OR, Activation.NONE);
      case 85 -> new Op.OneHot(options.i32(61, 0, 0));
      case 86 -> binary(BinaryFunction.LOGICAL_AND, Activation.NONE);
      case 87 -> new Op.Unary(UnaryFunction.LOGICAL_NOT);
      case 88 -> new Op.Unpack(options.i32(64, 1, 0));
      case 89 -> reduce(Reduction.REDUCE_MIN, options);
      case 90 -> binary(BinaryFunction.FLOOR_DIV, Activation.NONE);
      case 91 -> reduce(Reduction.REDUCE_ANY, options);
      case 92 -> new Op.Unary(UnaryFunction.SQUARE);
      case 95 -> binary(BinaryFunction.FLOOR_MOD, Activation.NONE);
      case 99 -> binary(BinaryFunction.SQUARED_DIFFERENCE, Activation.NONE);
      case 101 -> new Op.Unary(UnaryFunction.ABS);
      case 102 -> new Op.SplitV();
      case 107 -> new Op.GatherNd();
      case 108 -> new Op.Unary(UnaryFunction.COS);
      case 114 -> new Op.Quantize();
      case 116 -> new Op.Unary(UnaryFunction.ROUND);
      case 123 -> new Op.Select(false);
      case 126 -> new Op.BatchMatmul(options.bool(101, 0), options.bool(101, 1));
      case 128 -> new Op.Cumsum(options.bool(102, 0), options.bool(102, 1));
      case 130 -> new Op.BroadcastTo();
      case 140 -> reduce(Reduction.REDUCE_ALL, options);
      case 150 -> new Op.Unary(options.bool(116, 0) ? UnaryFunction.GELU_TANH : UnaryFunction.GELU);
      case 151 -> new Op.DynamicUpdateSlice();
      case 158 -> new Op.Unary(UnaryFunction.SIGN);
      case COMPOSITE -> composite(operator, where);
      default -> throw new UnsupportedModelException(file,
          where + ": no such operation is known here; known are those that litert-torch 0.10 exports");
    };
  }

  private static Op binary(BinaryFunction function, Activation activation) {
    return new Op.Binary(function, activation);
  }

  private static Op reduce(Reduction function, Options options) throws ModelFormatException {
    return new Op.Reduce(function, options.bool(27, 0));
  }

  private Op fullyConnected(Options options) throws ModelFormatException, UnsupportedModelException {
    if (options.u8(8, 1) != 0) {
      throw new UnsupportedModelException(file,
          options.where + ": weights in the shuffled format, which is not supported");
    }
    return new Op.FullyConnected(options.activation(8, 0));
  }

  private Op depthwise(Options options) throws ModelFormatException, UnsupportedModelException {
    if (options.u8(2, 0) != 1) {
      throw new UnsupportedModelException(file, options.where + ": padding SAME is not supported, only VALID");
    }
    Activation activation = options.activation(2, 4);
    return new Op.DepthwiseConv2d(
        options.i32(2, 1, 1), options.i32(2, 2, 1), options.i32(2, 5, 1), options.i32(2, 6, 1), activation);
  }

  private Op stridedSlice(Options options) throws ModelFormatException, UnsupportedModelException {
    if (options.bool(32, 5)) {
      throw new UnsupportedModelException(file, options.where + ": ends as offsets are not supported");
    }
    return new Op.StridedSlice(
        options.i32(32, 0, 0), options.i32(32, 1, 0), options.i32(32, 2, 0), options.i32(32, 3, 0),
        options.i32(32, 4, 0));
  }

  private Op composite(FlatTable operator, String where) throws ModelFormatException, UnsupportedModelException {
    FlatTable options = operator.u8(11, 0) == COMPOSITE_OPTIONS ? operator.table(12) : null;
    if (options == null || options.string(0) == null) {
      throw operator.broken(where + ": a composite without a name");
    }
    FlexMap attributes = FlexMap.root(options.vector(2, 1).bytes("attributes of " + where));
    return new Op.Composite(options.string(0), options.i32(4, 0), attributes, decompositions.read(options.i32(1, 0)));
  }

  /** The options of one operator; fields of another table than expected read as their defaults. */
  private final class Options {
    private final String where;
    private final int tag;
    private final FlatTable table;

    Options(FlatTable operator, String where) throws ModelFormatException {
      this.where = where;
      this.tag = operator.u8(3, 0);
      this.table = operator.table(4);
    }

    private boolean present(int expectedTag) {
      return table != null && tag == expectedTag;
    }

    int i32(int expectedTag, int field, int missing) throws ModelFormatException {
      return present(expectedTag) ? table.i32(field, missing) : missing;
    }

    int u8(int expectedTag, int field) throws ModelFormatException {
      return present(expectedTag) ? table.u8(field, 0) : 0;
    }

    float f32(int expectedTag, int field) throws ModelFormatException {
      return present(expectedTag) ? table.f32(field, 0) : 0;
    }

    boolean bool(int expectedTag, int field) throws ModelFormatException {
      return present(expectedTag) && table.bool(field);
    }

    Activation activation(int expectedTag, int field) throws ModelFormatException, UnsupportedModelException {
      int number = u8(expectedTag, field);
      if (number >= Activation.values().length) {
        throw new UnsupportedModelException(file, where + ": fused activation " + number + " is not supported");
      }
      return Activation.values()[number];
    }
  }
}
