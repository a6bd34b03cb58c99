package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;

/** Steps that compute a result from a whole row or dimension: sums, means, softmax, the largest elements. */
final class Reductions {
  private Reductions() {}

  static Step reduce(Op.Reduce op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    boolean logical = op.function() == Op.Reduction.REDUCE_ALL || op.function() == Op.Reduction.REDUCE_ANY;
    o.requireType(x,
        logical ? new ElementType[] {ElementType.BOOL} : new ElementType[] {ElementType.FLOAT32, ElementType.INT32});
    int rank = x.shape().rank();
    boolean[] reduced = new boolean[rank];
    for (int axis : o.ints(1)) {
      reduced[o.dimension(axis, rank)] = true;
    }
    // Where the reduced dimensions are the innermost ones, each result comes from one run of the operand.
    long count = 1;
    boolean innermost = true;
    for (int i = 0; i < rank; i++) {
      count *= reduced[i] ? x.shape().size(i) : 1;
      innermost &= reduced[i] || i == 0 || !reduced[i - 1];
    }
    long run = count;
    o.requireShapes(x.type() == y.type() && run > 0 && y.elements() * run == x.elements());
    o.require(op.function() != Op.Reduction.MEAN || x.type() == ElementType.FLOAT32, "a mean of integers");
    if (innermost) {
      return frame -> reduceRuns(op.function(), x.type(), frame.segment(x), frame.segment(y), y.elements(), run);
    }
    int[] order = innermostLast(reduced);
    int[] sizes = new int[rank];
    long[] strides = new long[rank];
    for (int i = 0; i < rank; i++) {
      sizes[i] = x.shape().size(order[i]);
      strides[i] = x.shape().strides()[order[i]];
    }
    StridedCopy copy = new StridedCopy(x.width(), sizes, strides, Shape.of(sizes).strides());
    Storage turned = o.scratch().apply(x.storage().bytes());
    Value runs = new Value(x.type(), Shape.of(sizes), turned);
    return frame -> {
      copy.run(frame.segment(x), 0, frame.segment(runs), 0);
      reduceRuns(op.function(), x.type(), frame.segment(runs), frame.segment(y), y.elements(), run);
    };
  }

  private static int[] innermostLast(boolean[] reduced) {
    int[] order = new int[reduced.length];
    int next = 0;
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < reduced.length; i++) {
        if (reduced[i] == (pass == 1)) {
          order[next++] = i;
        }
      }
    }
    return order;
  }

  private static void reduceRuns(
      Op.Reduction function, ElementType type, MemorySegment x, MemorySegment y, long results, long run) {
    for (long r = 0; r < results; r++) {
      long from = r * run;
      switch (type) {
        case FLOAT32 -> y.setAtIndex(JAVA_FLOAT, r, (float) floats(function, x, from, run));
        case INT32 -> y.setAtIndex(JAVA_INT, r, (int) ints(function, x, from, run));
        default -> y.set(JAVA_BYTE, r, booleans(function == Op.Reduction.REDUCE_ALL, x, from, run));
      }
    }
  }

  /** Sums in double, so that the order of summation, which differs from kernel to kernel, does not matter. */
  private static double floats(Op.Reduction function, MemorySegment x, long from, long run) {
    double result = x.getAtIndex(JAVA_FLOAT, from);
    for (long i = from + 1; i < from + run; i++) {
      float v = x.getAtIndex(JAVA_FLOAT, i);
      result =
          switch (function) {
            case MEAN, SUM -> result + v;
            case REDUCE_MAX -> Math.max(result, v);
            case REDUCE_MIN -> Math.min(result, v);
            case REDUCE_ALL, REDUCE_ANY -> throw new IllegalArgumentException(function + " of floats");
          };
    }
    return function == Op.Reduction.MEAN ? result / run : result;
  }

  private static long ints(Op.Reduction function, MemorySegment x, long from, long run) {
    long result = x.getAtIndex(JAVA_INT, from);
    for (long i = from + 1; i < from + run; i++) {
      int v = x.getAtIndex(JAVA_INT, i);
      result =
          switch (function) {
            case SUM -> result + v;
            case REDUCE_MAX -> Math.max(result, v);
            case REDUCE_MIN -> Math.min(result, v);
            case MEAN, REDUCE_ALL, REDUCE_ANY -> throw new IllegalArgumentException(function + " of integers");
          };
    }
    return result;
  }

  private static byte booleans(boolean all, MemorySegment x, long from, long run) {
    for (long i = from; i < from + run; i++) {
      if (x.get(JAVA_BYTE, i) != 0 != all) {
        return (byte) (all ? 0 : 1);
      }
    }
    return (byte) (all ? 1 : 0);
  }

  static Step softmax(Op.Softmax op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32);
    o.requireShapes(x.shape().equals(y.shape()) && x.type() == y.type() && x.shape().rank() > 0);
    return softmax(op.beta(), x, y);
  }

  /** Softmax of each row of {@code beta * x}; {@code y} may be {@code x}. */
  static Step softmax(float beta, Value x, Value y) {
    int columns = x.shape().size(-1);
    long rows = columns == 0 ? 0 : x.elements() / columns;
    return frame -> {
      for (long r = 0; r < rows; r++) {
        softmaxRow(beta, frame.segment(x), frame.segment(y), r * columns, columns);
      }
    };
  }

  private static void softmaxRow(float beta, MemorySegment x, MemorySegment y, long from, int columns) {
    float max = Float.NEGATIVE_INFINITY;
    for (long i = from; i < from + columns; i++) {
      max = Math.max(max, x.getAtIndex(JAVA_FLOAT, i));
    }
    double sum = 0;
    for (long i = from; i < from + columns; i++) {
      float difference = (x.getAtIndex(JAVA_FLOAT, i) - max) * beta;
      // Below -104 the exponential is less than half of the smallest float: masked columns cost no call.
      float e = difference < -104 ? 0 : (float) Math.exp(difference);
      y.setAtIndex(JAVA_FLOAT, i, e);
      sum += e;
    }
    float scale = 1 / (float) sum;
    for (long i = from; i < from + columns; i++) {
      y.setAtIndex(JAVA_FLOAT, i, y.getAtIndex(JAVA_FLOAT, i) * scale);
    }
  }

  static Step cumsum(Op.Cumsum op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32, ElementType.INT32);
    o.requireShapes(x.shape().equals(y.shape()) && x.type() == y.type());
    int[] axes = o.ints(1);
    o.require(axes.length == 1, "axis: expected one number");
    int axis = o.dimension(axes[0], x.shape().rank());
    int size = x.shape().size(axis);
    long stride = x.shape().strides()[axis];
    long lines = size == 0 ? 0 : x.elements() / size;
    return frame -> {
      for (long line = 0; line < lines; line++) {
        cumsumLine(op, x.type(), frame.segment(x), frame.segment(y), line / stride * stride * size + line % stride,
            stride, size);
      }
    };
  }

  private static void cumsumLine(
      Op.Cumsum op, ElementType type, MemorySegment x, MemorySegment y, long start, long stride, int size) {
    double sum = 0;
    int wrapping = 0;
    for (int k = 0; k < size; k++) {
      long i = start + (op.reverse() ? size - 1 - k : k) * stride;
      if (type == ElementType.FLOAT32) {
        float v = x.getAtIndex(JAVA_FLOAT, i);
        y.setAtIndex(JAVA_FLOAT, i, (float) (op.exclusive() ? sum : sum + v));
        sum += v;
      } else {
        int v = x.getAtIndex(JAVA_INT, i);
        y.setAtIndex(JAVA_INT, i, op.exclusive() ? wrapping : wrapping + v);
        wrapping += v;
      }
    }
  }

  static Step argMax(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32);
    o.requireType(y, ElementType.INT32);
    int[] axes = o.ints(1);
    int rank = x.shape().rank();
    if (axes.length != 1 || rank == 0 || o.dimension(axes[0], rank) != rank - 1) {
      throw o.unsupported("only the innermost dimension is supported");
    }
    int columns = x.shape().size(-1);
    o.requireShapes(columns > 0 && y.elements() == x.elements() / columns);
    return frame -> {
      MemorySegment source = frame.segment(x);
      for (long r = 0; r < y.elements(); r++) {
        int best = 0;
        for (int i = 1; i < columns; i++) {
          if (source.getAtIndex(JAVA_FLOAT, r * columns + i) > source.getAtIndex(JAVA_FLOAT, r * columns + best)) {
            best = i;
          }
        }
        frame.segment(y).setAtIndex(JAVA_INT, r, best);
      }
    };
  }

  /** TOPK_V2 over rows: values in falling order, of equal ones the lower index first. */
  static Step topK(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value values = o.out(0);
    Value indices = o.out(1);
    o.requireType(x, ElementType.FLOAT32);
    o.requireType(indices, ElementType.INT32);
    o.requireShapes(
        x.shape().rank() > 0 && values.shape().equals(indices.shape()) && values.shape().rank() == x.shape().rank());
    int columns = x.shape().size(-1);
    int k = values.shape().size(-1);
    o.requireShapes(values.type() == x.type() && k > 0 && k <= columns && x.shape().rows() * k == values.elements());
    return frame -> {
      for (long r = 0; r < x.shape().rows(); r++) {
        topOfRow(frame.segment(x), r * columns, columns, frame.segment(values), frame.segment(indices), r * k, k);
      }
    };
  }

  /** Keeps the best so far in order; an element enters behind those that are not smaller, which come before it. */
  private static void topOfRow(
      MemorySegment x, long from, int columns, MemorySegment values, MemorySegment indices, long to, int k) {
    for (int i = 0; i < columns; i++) {
      float v = x.getAtIndex(JAVA_FLOAT, from + i);
      int place = Math.min(i, k);
      while (place > 0 && v > values.getAtIndex(JAVA_FLOAT, to + place - 1)) {
        place--;
      }
      int behind = Math.min(i, k - 1) - place;
      if (behind >= 0) {
        long at = 4 * (to + place);
        MemorySegment.copy(values, at, values, at + 4, 4L * behind);
        MemorySegment.copy(indices, at, indices, at + 4, 4L * behind);
        values.set(JAVA_FLOAT, at, v);
        indices.set(JAVA_INT, at, i);
      }
    }
  }
}
