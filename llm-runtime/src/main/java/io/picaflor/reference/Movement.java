package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Steps that move elements without changing them: each is one or several {@link StridedCopy}s. */
final class Movement {
  private Movement() {}

  /** A copy of the whole, for a reshape whose operand cannot be shared. */
  static Step copy(Value x, Value y) {
    return frame -> MemorySegment.copy(frame.segment(x), 0, frame.segment(y), 0, x.storage().bytes());
  }

  static Step transpose(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    int[] permutation = o.ints(1);
    int rank = x.shape().rank();
    o.requireShapes(permutation.length == rank && y.shape().rank() == rank && x.type() == y.type());
    long[] strides = new long[rank];
    boolean[] seen = new boolean[rank];
    for (int i = 0; i < rank; i++) {
      int from = o.dimension(permutation[i], rank);
      o.require(!seen[from], "dimension " + from + " stands twice in the permutation");
      seen[from] = true;
      o.requireShapes(y.shape().size(i) == x.shape().size(from));
      strides[i] = x.shape().strides()[from];
    }
    StridedCopy copy = new StridedCopy(x.width(), y.shape().sizes(), strides, y.shape().strides());
    return frame -> copy.run(frame.segment(x), 0, frame.segment(y), 0);
  }

  static Step slice(Operation o) throws ModelFormatException {
    Value x = o.in(0);
    Value begin = o.in(1);
    Value y = o.out();
    int rank = x.shape().rank();
    o.requireShapes(y.shape().rank() == rank && begin.elements() == rank && x.type() == y.type());
    o.require(begin.type() == ElementType.INT32, "begin: expected int32, found " + begin);
    for (int i = 0; i < rank; i++) {
      o.requireShapes(y.shape().size(i) <= x.shape().size(i));
    }
    StridedCopy copy = StridedCopy.out(x.width(), x.shape(), y.shape());
    long[] strides = x.shape().strides();
    return frame -> {
      long offset = 0;
      for (int i = 0; i < rank; i++) {
        int from = frame.segment(begin).getAtIndex(JAVA_INT, i);
        if (from < 0 || from > x.shape().size(i) - y.shape().size(i)) {
          throw o.failure("slice begins at " + from + " of dimension " + i + " of " + x);
        }
        offset += from * strides[i];
      }
      copy.run(frame.segment(x), offset, frame.segment(y), 0);
    };
  }

  static Step stridedSlice(Op.StridedSlice op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    int rank = x.shape().rank();
    int[] begin = o.ints(1);
    int[] stride = o.ints(3);
    if (op.ellipsisMask() != 0 || op.newAxisMask() != 0) {
      throw o.unsupported("new or elided dimensions are not supported");
    }
    o.requireShapes(begin.length == rank && stride.length == rank && x.type() == y.type());
    long offset = 0;
    List<Integer> sizes = new ArrayList<>();
    List<Long> sourceStrides = new ArrayList<>();
    long[] strides = x.shape().strides();
    for (int i = 0; i < rank; i++) {
      int size = x.shape().size(i);
      boolean fromStart = (op.beginMask() >> i & 1) != 0;
      int from = fromStart ? stride[i] > 0 ? 0 : size - 1 : begin[i] < 0 ? begin[i] + size : begin[i];
      boolean inside = from >= 0 && from < size || y.elements() == 0;
      o.require(stride[i] != 0 && inside, "dimension " + i + " begins at " + from + " of " + size);
      offset += from * strides[i];
      if ((op.shrinkAxisMask() >> i & 1) != 0) {
        continue;
      }
      int out = sizes.size();
      o.requireShapes(out < y.shape().rank());
      int count = y.shape().size(out);
      long last = from + (count - 1L) * stride[i];
      o.require(count == 0 || last >= 0 && last < size, "dimension " + i + " ends at " + last + " of " + size);
      sizes.add(count);
      sourceStrides.add(strides[i] * stride[i]);
    }
    o.requireShapes(sizes.size() == y.shape().rank());
    long[] from = sourceStrides.stream().mapToLong(Long::longValue).toArray();
    StridedCopy copy = new StridedCopy(x.width(), y.shape().sizes(), from, y.shape().strides());
    long start = offset;
    return frame -> copy.run(frame.segment(x), start, frame.segment(y), 0);
  }

  static Step concatenation(Op.Concatenation op, Operation o) throws ModelFormatException, UnsupportedModelException {
    if (op.activation() != Op.Activation.NONE) {
      throw o.unsupported("an activation on joined tensors");
    }
    Value y = o.out();
    int axis = o.dimension(op.axis(), y.shape().rank());
    List<Value> parts = new ArrayList<>();
    List<StridedCopy> copies = new ArrayList<>();
    long[] offsets = new long[o.inputs().size()];
    long at = 0;
    for (int i = 0; i < o.inputs().size(); i++) {
      Value x = o.in(i);
      o.requireShapes(x.type() == y.type() && sameBut(axis, x.shape(), y.shape()));
      offsets[i] = at * y.shape().strides()[axis];
      at += x.shape().size(axis);
      parts.add(x);
      copies.add(StridedCopy.into(y.width(), x.shape(), y.shape()));
    }
    o.requireShapes(at == y.shape().size(axis));
    return frame -> {
      for (int i = 0; i < offsets.length; i++) {
        copies.get(i).run(frame.segment(parts.get(i)), 0, frame.segment(y), offsets[i]);
      }
    };
  }

  /** SPLIT and SPLIT_V: the results' own shapes say where to cut. */
  static Step split(Value x, int axisNumber, Operation o) throws ModelFormatException {
    int axis = o.dimension(axisNumber, x.shape().rank());
    List<StridedCopy> copies = new ArrayList<>();
    long[] offsets = new long[o.outputs().size()];
    long at = 0;
    for (int i = 0; i < offsets.length; i++) {
      Value y = o.out(i);
      o.requireShapes(x.type() == y.type() && sameBut(axis, x.shape(), y.shape()));
      offsets[i] = at * x.shape().strides()[axis];
      at += y.shape().size(axis);
      copies.add(StridedCopy.out(x.width(), x.shape(), y.shape()));
    }
    o.requireShapes(at == x.shape().size(axis));
    return frame -> {
      for (int i = 0; i < offsets.length; i++) {
        copies.get(i).run(frame.segment(x), offsets[i], frame.segment(o.out(i)), 0);
      }
    };
  }

  private static boolean sameBut(int axis, Shape a, Shape b) {
    boolean same = a.rank() == b.rank();
    for (int i = 0; same && i < a.rank(); i++) {
      same = i == axis || a.size(i) == b.size(i);
    }
    return same;
  }

  static Step pack(Op.Pack op, Operation o) throws ModelFormatException {
    Value y = o.out();
    int axis = o.dimension(op.axis(), y.shape().rank());
    int count = o.inputs().size();
    o.requireShapes(y.shape().size(axis) == count);
    Shape part = without(axis, y.shape());
    StridedCopy copy = new StridedCopy(y.width(), part.sizes(), part.strides(), without(axis, y.shape().strides()));
    for (int i = 0; i < count; i++) {
      o.requireShapes(o.in(i).type() == y.type() && o.in(i).shape().equals(part));
    }
    long step = y.shape().strides()[axis];
    return frame -> {
      for (int i = 0; i < count; i++) {
        copy.run(frame.segment(o.in(i)), 0, frame.segment(y), i * step);
      }
    };
  }

  static Step unpack(Op.Unpack op, Operation o) throws ModelFormatException {
    Value x = o.in(0);
    int axis = o.dimension(op.axis(), x.shape().rank());
    int count = o.outputs().size();
    o.requireShapes(x.shape().size(axis) == count);
    Shape part = without(axis, x.shape());
    StridedCopy copy = new StridedCopy(x.width(), part.sizes(), without(axis, x.shape().strides()), part.strides());
    for (int i = 0; i < count; i++) {
      o.requireShapes(o.out(i).type() == x.type() && o.out(i).shape().equals(part));
    }
    long step = x.shape().strides()[axis];
    return frame -> {
      for (int i = 0; i < count; i++) {
        copy.run(frame.segment(x), i * step, frame.segment(o.out(i)), 0);
      }
    };
  }

  private static Shape without(int axis, Shape shape) {
    int[] sizes = new int[shape.rank() - 1];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = shape.size(i < axis ? i : i + 1);
    }
    return Shape.of(sizes);
  }

  private static long[] without(int axis, long[] strides) {
    long[] rest = new long[strides.length - 1];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = strides[i < axis ? i : i + 1];
    }
    return rest;
  }

  static Step pad(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    int[] paddings = o.ints(1);
    int rank = x.shape().rank();
    o.requireShapes(paddings.length == 2 * rank && y.shape().rank() == rank && x.type() == y.type());
    o.requireType(x, ElementType.FLOAT32, ElementType.INT32);
    long offset = 0;
    for (int i = 0; i < rank; i++) {
      o.require(paddings[2 * i] >= 0 && paddings[2 * i + 1] >= 0, "negative padding of dimension " + i);
      o.requireShapes((long) paddings[2 * i] + x.shape().size(i) + paddings[2 * i + 1] == y.shape().size(i));
      offset += paddings[2 * i] * y.shape().strides()[i];
    }
    boolean given = o.has(2);
    o.require(!given || o.in(2).elements() == 1 && o.in(2).type() == x.type(),
        "padding: expected one value of the tensor's type");
    StridedCopy copy = StridedCopy.into(x.width(), x.shape(), y.shape());
    long start = offset;
    return frame -> {
      MemorySegment target = frame.segment(y);
      int value = given ? frame.segment(o.in(2)).get(JAVA_INT, 0) : 0;
      for (long i = 0; i < y.elements(); i++) {
        target.setAtIndex(JAVA_INT, i, value);
      }
      copy.run(frame.segment(x), 0, target, start);
    };
  }

  static Step broadcast(Operation o) throws ModelFormatException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireShapes(x.type() == y.type() && BroadcastRuns.fits(x.shape(), y.shape()));
    long[] strides = new long[y.shape().rank()];
    int shift = y.shape().rank() - x.shape().rank();
    for (int i = 0; i < x.shape().rank(); i++) {
      strides[i + shift] = x.shape().size(i) == 1 ? 0 : x.shape().strides()[i];
    }
    StridedCopy copy = new StridedCopy(x.width(), y.shape().sizes(), strides, y.shape().strides());
    return frame -> copy.run(frame.segment(x), 0, frame.segment(y), 0);
  }

  /** TILE is a broadcast over a dimension in front of each: sizes {@code [times, size]}, strides {@code [0, stride]}. */
  static Step tile(Operation o) throws ModelFormatException {
    Value x = o.in(0);
    Value y = o.out();
    int rank = x.shape().rank();
    o.requireShapes(x.type() == y.type() && y.shape().rank() == rank && rank <= Shape.MAX_RANK);
    int[] sizes = new int[2 * rank];
    long[] from = new long[2 * rank];
    long[] to = new long[2 * rank];
    for (int i = 0; i < rank; i++) {
      int size = x.shape().size(i);
      o.requireShapes(size > 0 && y.shape().size(i) % size == 0);
      sizes[2 * i] = y.shape().size(i) / size;
      sizes[2 * i + 1] = size;
      from[2 * i + 1] = x.shape().strides()[i];
      to[2 * i] = y.shape().strides()[i] * size;
      to[2 * i + 1] = y.shape().strides()[i];
    }
    StridedCopy copy = new StridedCopy(x.width(), sizes, from, to);
    return frame -> copy.run(frame.segment(x), 0, frame.segment(y), 0);
  }

  /**
   * DYNAMIC_UPDATE_SLICE. Where the result shares the operand's memory only the update is written; else the whole is copied
   * first. The start is moved back so that the update fits, as LiteRT does.
   */
  static Step dynamicUpdateSlice(Operation o, boolean inPlace) throws ModelFormatException {
    Value x = o.in(0);
    Value update = o.in(1);
    Value start = o.in(2);
    Value y = o.out();
    int rank = x.shape().rank();
    o.requireShapes(x.shape().equals(y.shape()) && update.shape().rank() == rank && start.elements() == rank);
    o.require(x.type() == y.type() && update.type() == x.type(), "operands of different types: " + o.inputs());
    o.require(start.type() == ElementType.INT32, "start: expected int32, found " + start);
    for (int i = 0; i < rank; i++) {
      o.requireShapes(update.shape().size(i) <= x.shape().size(i));
    }
    StridedCopy copy = StridedCopy.into(x.width(), update.shape(), x.shape());
    long[] strides = x.shape().strides();
    return frame -> {
      MemorySegment target = frame.segment(y);
      if (!inPlace) {
        MemorySegment.copy(frame.segment(x), 0, target, 0, x.storage().bytes());
      }
      long offset = 0;
      for (int i = 0; i < rank; i++) {
        int most = x.shape().size(i) - update.shape().size(i);
        offset += Math.clamp(frame.segment(start).getAtIndex(JAVA_INT, i), 0, most) * strides[i];
      }
      copy.run(frame.segment(update), 0, target, offset);
    };
  }

  /** GATHER: rows of a dimension, picked by index. */
  static Step gather(Op.Gather op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value indices = o.in(1);
    Value y = o.out();
    if (op.batchDimensions() != 0) {
      throw o.unsupported("batch dimensions are not supported");
    }
    o.requireType(indices, ElementType.INT32, ElementType.INT64);
    int rank = x.shape().rank();
    int axis = o.dimension(op.axis(), rank);
    int limit = x.shape().size(axis);
    long inner = x.shape().strides()[axis];
    long count = indices.elements();
    o.requireShapes(x.type() == y.type() && limit > 0 && y.elements() == x.elements() / limit * count);
    long outer = x.elements() / limit / Math.max(1, inner);
    int width = x.width();
    return frame -> {
      MemorySegment source = frame.segment(x);
      MemorySegment target = frame.segment(y);
      for (long i = 0; i < outer; i++) {
        for (long k = 0; k < count; k++) {
          int row = index(frame.segment(indices), indices.type(), k, limit, o);
          MemorySegment.copy(source, (i * limit + row) * inner * width, target, (i * count + k) * inner * width,
              inner * width);
        }
      }
    };
  }

  /** GATHER_ND: the innermost dimension of the indices addresses the outermost dimensions of the operand. */
  static Step gatherNd(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value indices = o.in(1);
    Value y = o.out();
    o.requireType(indices, ElementType.INT32, ElementType.INT64);
    o.requireShapes(indices.shape().rank() > 0 && indices.shape().size(-1) <= x.shape().rank() && x.type() == y.type());
    int depth = indices.shape().size(-1);
    long[] strides = x.shape().strides();
    long inner = 1;
    for (int i = depth; i < x.shape().rank(); i++) {
      inner *= x.shape().size(i);
    }
    long run = inner;
    long count = depth == 0 ? 1 : indices.elements() / depth;
    o.requireShapes(y.elements() == count * run);
    int width = x.width();
    return frame -> {
      for (long k = 0; k < count; k++) {
        long offset = 0;
        for (int i = 0; i < depth; i++) {
          offset += index(frame.segment(indices), indices.type(), k * depth + i, x.shape().size(i), o) * strides[i];
        }
        MemorySegment.copy(frame.segment(x), offset * width, frame.segment(y), k * run * width, run * width);
      }
    };
  }

  private static int index(MemorySegment indices, ElementType type, long at, int limit, Operation o) {
    long index = type == ElementType.INT64 ? indices.getAtIndex(JAVA_LONG, at) : indices.getAtIndex(JAVA_INT, at);
    if (index < 0 || index >= limit) {
      throw o.failure("index " + index + " of " + limit);
    }
    return (int) index;
  }
}
