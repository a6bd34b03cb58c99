package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import io.picaflor.kernels.Activation;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Set;

/**
 * Steps that compute each element of the result from the same element of the operands: functions, arithmetic, comparisons,
 * choices.
 *
 * <p>Floats follow IEEE 754 with one rounding for each operation; transcendental functions are computed in double and
 * rounded once, which lies inside the spread of LiteRT's own kernels ({@code FORMATS.md}, 5.8).
 */
final class Elementwise {
  private static final Set<Op.BinaryFunction> DIVISIONS =
      Set.of(Op.BinaryFunction.DIV, Op.BinaryFunction.FLOOR_DIV, Op.BinaryFunction.FLOOR_MOD);

  private Elementwise() {}

  static Step unary(Op.Unary op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireShapes(x.elements() == y.elements() && x.type() == y.type());
    int count = Math.toIntExact(y.elements());
    if (op.function() == Op.UnaryFunction.LOGICAL_NOT) {
      o.requireType(x, ElementType.BOOL);
      return frame -> not(frame.segment(x), frame.segment(y), count);
    }
    if (x.type() == ElementType.INT32) {
      o.requireFunction(op.function(), Set.of(Op.UnaryFunction.NEG, Op.UnaryFunction.ABS, Op.UnaryFunction.SQUARE));
      return frame -> ints(op.function(), frame.segment(x), frame.segment(y), count);
    }
    o.requireType(x, ElementType.FLOAT32);
    return frame -> floats(op.function(), frame.segment(x), frame.segment(y), count);
  }

  private static void not(MemorySegment x, MemorySegment y, int count) {
    for (int i = 0; i < count; i++) {
      y.set(JAVA_BYTE, i, (byte) (x.get(JAVA_BYTE, i) == 0 ? 1 : 0));
    }
  }

  private static void ints(Op.UnaryFunction function, MemorySegment x, MemorySegment y, int count) {
    for (int i = 0; i < count; i++) {
      int v = x.getAtIndex(JAVA_INT, i);
      int result = function == Op.UnaryFunction.NEG ? -v : function == Op.UnaryFunction.ABS ? Math.abs(v) : v * v;
      y.setAtIndex(JAVA_INT, i, result);
    }
  }

  private static void floats(Op.UnaryFunction function, MemorySegment x, MemorySegment y, int count) {
    for (int i = 0; i < count; i++) {
      y.setAtIndex(JAVA_FLOAT, i, apply(function, x.getAtIndex(JAVA_FLOAT, i)));
    }
  }

  private static float apply(Op.UnaryFunction function, float x) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case COS -> (float) Math.cos(x);
      case EXP -> (float) Math.exp(x);
      case GELU -> Activation.GELU.of(x);
      case GELU_TANH -> Activation.GELU_TANH.of(x);
      case LOG -> (float) Math.log(x);
      case LOGICAL_NOT -> throw new IllegalArgumentException("LOGICAL_NOT of a float");
      case LOGISTIC -> (float) (1 / (1 + Math.exp(-x)));
      case NEG -> -x;
      case RELU -> Math.max(0, x);
      case ROUND -> (float) Math.rint(x);
      case RSQRT -> (float) (1 / Math.sqrt(x));
      case SIGN -> Math.signum(x);
      case SIN -> (float) Math.sin(x);
      case SQRT -> (float) Math.sqrt(x);
      case SQUARE -> x * x;
      case TANH -> (float) Math.tanh(x);
    };
  }

  static Step binary(Op.Binary op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value a = o.in(0);
    Value b = o.in(1);
    Value y = o.out();
    o.requireShapes(BroadcastRuns.fits(a.shape(), y.shape()) && BroadcastRuns.fits(b.shape(), y.shape()));
    o.require(a.type() == b.type() && a.type() == y.type(),
        "operands of different types: " + a + ", " + b + " to " + y);
    BroadcastRuns runs = BroadcastRuns.of(y.shape(), a.shape(), b.shape());
    return switch (y.type()) {
      case FLOAT32 -> {
        o.requireNoFunction(op.function(), Set.of(Op.BinaryFunction.LOGICAL_AND, Op.BinaryFunction.LOGICAL_OR));
        Op.Activation activation = op.activation();
        int count = Math.toIntExact(y.elements());
        yield frame -> {
          MemorySegment target = frame.segment(y);
          floats(op.function(), runs, frame.segment(a), frame.segment(b), target);
          activate(activation, target, count);
        };
      }
      case INT32 -> {
        o.requireNoFunction(op.function(),
            Set.of(Op.BinaryFunction.LOGICAL_AND, Op.BinaryFunction.LOGICAL_OR, Op.BinaryFunction.POW));
        if (op.activation() != Op.Activation.NONE) {
          throw o.unsupported("an activation on integers");
        }
        yield frame -> ints(op.function(), runs, frame.segment(a), frame.segment(b), frame.segment(y), o);
      }
      case BOOL -> {
        o.requireFunction(op.function(), Set.of(Op.BinaryFunction.LOGICAL_AND, Op.BinaryFunction.LOGICAL_OR));
        boolean and = op.function() == Op.BinaryFunction.LOGICAL_AND;
        yield frame -> booleans(and, runs, frame.segment(a), frame.segment(b), frame.segment(y));
      }
      default -> throw o.unsupported("element type " + y.type() + " is not supported");
    };
  }

  /** Applies a fused activation in place; also used by the matrix steps. */
  static void activate(Op.Activation activation, MemorySegment y, int count) {
    if (activation == Op.Activation.NONE) {
      return;
    }
    for (int i = 0; i < count; i++) {
      float v = y.getAtIndex(JAVA_FLOAT, i);
      float result =
          switch (activation) {
            case NONE -> v;
            case RELU -> Math.max(0, v);
            case RELU_N1_TO_1 -> Math.clamp(v, -1f, 1f);
            case RELU6 -> Math.clamp(v, 0f, 6f);
            case TANH -> (float) Math.tanh(v);
          };
      y.setAtIndex(JAVA_FLOAT, i, result);
    }
  }

  private static void floats(Op.BinaryFunction function, BroadcastRuns runs, MemorySegment a, MemorySegment b,
      MemorySegment y) {
    int n = runs.length();
    long sa = runs.step(0);
    long sb = runs.step(1);
    // One loop for each frequent function: a call through an interface for each element is several times slower.
    switch (function) {
      case ADD ->
          runs.forEach((starts, to) -> {
            long i = starts[0];
            long j = starts[1];
            for (int k = 0; k < n; k++, i += sa, j += sb) {
              y.setAtIndex(JAVA_FLOAT, to + k, a.getAtIndex(JAVA_FLOAT, i) + b.getAtIndex(JAVA_FLOAT, j));
            }
          });
      case SUB ->
          runs.forEach((starts, to) -> {
            long i = starts[0];
            long j = starts[1];
            for (int k = 0; k < n; k++, i += sa, j += sb) {
              y.setAtIndex(JAVA_FLOAT, to + k, a.getAtIndex(JAVA_FLOAT, i) - b.getAtIndex(JAVA_FLOAT, j));
            }
          });
      case MUL ->
          runs.forEach((starts, to) -> {
            long i = starts[0];
            long j = starts[1];
            for (int k = 0; k < n; k++, i += sa, j += sb) {
              y.setAtIndex(JAVA_FLOAT, to + k, a.getAtIndex(JAVA_FLOAT, i) * b.getAtIndex(JAVA_FLOAT, j));
            }
          });
      default ->
          runs.forEach((starts, to) -> {
            long i = starts[0];
            long j = starts[1];
            for (int k = 0; k < n; k++, i += sa, j += sb) {
              y.setAtIndex(JAVA_FLOAT, to + k,
                  apply(function, a.getAtIndex(JAVA_FLOAT, i), b.getAtIndex(JAVA_FLOAT, j)));
            }
          });
    }
  }

  private static float apply(Op.BinaryFunction function, float a, float b) {
    return switch (function) {
      case ADD -> a + b;
      case DIV -> a / b;
      case FLOOR_DIV -> (float) Math.floor(a / b);
      case FLOOR_MOD -> floorMod(a, b);
      case LOGICAL_AND, LOGICAL_OR -> throw new IllegalArgumentException(function + " of floats");
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case MUL -> a * b;
      case POW -> (float) Math.pow(a, b);
      case SQUARED_DIFFERENCE -> (a - b) * (a - b);
      case SUB -> a - b;
    };
  }

  /** The remainder is exact, and so is what it is corrected by: no rounded quotient takes part. */
  private static float floorMod(float a, float b) {
    float remainder = a % b;
    return remainder != 0 && remainder < 0 != b < 0 ? remainder + b : remainder;
  }

  private static void ints(
      Op.BinaryFunction function, BroadcastRuns runs, MemorySegment a, MemorySegment b, MemorySegment y, Operation o) {
    int n = runs.length();
    boolean divides = DIVISIONS.contains(function);
    runs.forEach((starts, to) -> {
      for (int k = 0; k < n; k++) {
        int left = a.getAtIndex(JAVA_INT, starts[0] + k * runs.step(0));
        int right = b.getAtIndex(JAVA_INT, starts[1] + k * runs.step(1));
        if (divides && right == 0) {
          throw o.failure("division by zero");
        }
        y.setAtIndex(JAVA_INT, to + k, apply(function, left, right));
      }
    });
  }

  private static int apply(Op.BinaryFunction function, int a, int b) {
    return switch (function) {
      case ADD -> a + b;
      case DIV -> a / b;
      case FLOOR_DIV -> Math.floorDiv(a, b);
      case FLOOR_MOD -> Math.floorMod(a, b);
      case LOGICAL_AND, LOGICAL_OR, POW -> throw new IllegalArgumentException(function + " of integers");
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case MUL -> a * b;
      case SQUARED_DIFFERENCE -> (a - b) * (a - b);
      case SUB -> a - b;
    };
  }

  private static void booleans(boolean and, BroadcastRuns runs, MemorySegment a, MemorySegment b, MemorySegment y) {
    int n = runs.length();
    runs.forEach((starts, to) -> {
      for (int k = 0; k < n; k++) {
        boolean left = a.get(JAVA_BYTE, starts[0] + k * runs.step(0)) != 0;
        boolean right = b.get(JAVA_BYTE, starts[1] + k * runs.step(1)) != 0;
        y.set(JAVA_BYTE, to + k, (byte) ((and ? left && right : left || right) ? 1 : 0));
      }
    });
  }

  static Step compare(Op.Compare op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value a = o.in(0);
    Value b = o.in(1);
    Value y = o.out();
    o.requireShapes(BroadcastRuns.fits(a.shape(), y.shape()) && BroadcastRuns.fits(b.shape(), y.shape()));
    o.require(a.type() == b.type(), "operands of different types: " + a + ", " + b);
    o.requireType(a, ElementType.FLOAT32, ElementType.INT32, ElementType.BOOL);
    o.requireType(y, ElementType.BOOL);
    BroadcastRuns runs = BroadcastRuns.of(y.shape(), a.shape(), b.shape());
    return frame -> {
      MemorySegment left = frame.segment(a);
      MemorySegment right = frame.segment(b);
      MemorySegment target = frame.segment(y);
      runs.forEach((starts, to) -> {
        for (int k = 0; k < runs.length(); k++) {
          double l = number(a.type(), left, starts[0] + k * runs.step(0));
          double r = number(a.type(), right, starts[1] + k * runs.step(1));
          target.set(JAVA_BYTE, to + k, (byte) (holds(op.function(), l, r) ? 1 : 0));
        }
      });
    };
  }

  /** An element as a double, which holds float32, int32 and boolean values exactly. */
  private static double number(ElementType type, MemorySegment segment, long index) {
    return switch (type) {
      case FLOAT32 -> segment.getAtIndex(JAVA_FLOAT, index);
      case INT32 -> segment.getAtIndex(JAVA_INT, index);
      default -> segment.get(JAVA_BYTE, index);
    };
  }

  private static boolean holds(Op.Comparison comparison, double a, double b) {
    return switch (comparison) {
      case EQUAL -> a == b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
      case NOT_EQUAL -> a != b;
    };
  }

  static Step select(Op.Select op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value condition = o.in(0);
    Value a = o.in(1);
    Value b = o.in(2);
    Value y = o.out();
    o.requireType(condition, ElementType.BOOL);
    o.require(a.type() == b.type() && a.type() == y.type(), "choices of different types: " + a + ", " + b + " to " + y);
    // Numpy's rule would align it at the innermost dimension, which also fits where both are of one size.
    Shape shape = condition.shape();
    if (op.outermost() && shape.rank() == 1 && y.shape().rank() > 1) {
      int[] sizes = new int[y.shape().rank()];
      Arrays.fill(sizes, 1);
      sizes[0] = shape.size(0);
      shape = Shape.of(sizes);
    }
    o.requireShapes(BroadcastRuns.fits(shape, y.shape())
        && BroadcastRuns.fits(a.shape(), y.shape())
        && BroadcastRuns.fits(b.shape(), y.shape()));
    BroadcastRuns runs = BroadcastRuns.of(y.shape(), shape, a.shape(), b.shape());
    int width = y.width();
    return frame -> {
      MemorySegment which = frame.segment(condition);
      MemorySegment yes = frame.segment(a);
      MemorySegment no = frame.segment(b);
      MemorySegment target = frame.segment(y);
      runs.forEach((starts, to) -> {
        for (int k = 0; k < runs.length(); k++) {
          boolean first = which.get(JAVA_BYTE, starts[0] + k * runs.step(0)) != 0;
          long from = first ? starts[1] + k * runs.step(1) : starts[2] + k * runs.step(2);
          if (width == Integer.BYTES) {
            target.setAtIndex(JAVA_INT, to + k, (first ? yes : no).getAtIndex(JAVA_INT, from));
          } else {
            MemorySegment.copy(first ? yes : no, from * width, target, (to + k) * width, width);
          }
        }
      });
    };
  }
}
