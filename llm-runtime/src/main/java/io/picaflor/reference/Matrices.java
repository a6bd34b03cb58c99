package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.quantization.Dequantization;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/** Steps that multiply: fully connected layers, products of computed matrices, embeddings, convolutions. */
final class Matrices {
  private Matrices() {}

  static Step fullyConnected(Op.FullyConnected op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value w = o.in(1);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32);
    o.requireType(y, ElementType.FLOAT32);
    o.requireShapes(w.shape().rank() == 2 && w.elements() > 0 && x.elements() % w.shape().size(1) == 0);
    int outputs = w.shape().size(0);
    int inner = w.shape().size(1);
    int rows = Math.toIntExact(x.elements() / inner);
    o.requireShapes(rows > 0 && y.elements() == (long) rows * outputs);
    boolean biased = o.has(2);
    if (biased) {
      o.requireType(o.in(2), ElementType.FLOAT32);
      o.requireShapes(o.in(2).elements() == outputs);
    }
    int count = Math.toIntExact(y.elements());
    if (w.storage().origin() instanceof Storage.Origin.Constant constant) {
      requireSameShape(w, constant.tensor(), o);
      PackedWeights weights = o.constants().weights(constant.tensor(), constant.dequantized());
      return frame -> {
        MemorySegment bias = biased ? frame.segment(o.in(2)) : null;
        frame.kernels().fullyConnected(frame.segment(x), rows, weights, bias, frame.segment(y), frame.workers());
        Elementwise.activate(op.activation(), frame.segment(y), count);
      };
    }
    o.requireType(w, ElementType.FLOAT32);
    if (biased) {
      throw o.unsupported("a bias beside weights that are computed at run time");
    }
    return frame -> {
      frame.kernels().matrixProduct(
          frame.segment(x), frame.segment(w), true, rows, inner, outputs, frame.segment(y), frame.workers());
      Elementwise.activate(op.activation(), frame.segment(y), count);
    };
  }

  /** Rows and columns are those that the file stores, whatever a reshape calls them. */
  private static void requireSameShape(Value value, Tensor stored, Operation o) throws UnsupportedModelException {
    if (!value.shape().equals(stored.shape())) {
      throw o.unsupported("weights stored as " + stored.describe() + " and reshaped to " + value);
    }
  }

  /** Products of the two innermost dimensions, for each index of the others, which are broadcast. */
  static Step batchMatmul(Op.BatchMatmul op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value a = o.in(0);
    Value b = o.in(1);
    Value y = o.out();
    o.requireType(a, ElementType.FLOAT32);
    o.requireType(b, ElementType.FLOAT32);
    o.requireType(y, ElementType.FLOAT32);
    o.requireShapes(a.shape().rank() >= 2 && b.shape().rank() >= 2 && y.shape().rank() >= 2);
    int rows = a.shape().size(op.adjointLeft() ? -1 : -2);
    int inner = a.shape().size(op.adjointLeft() ? -2 : -1);
    int columns = b.shape().size(op.adjointRight() ? -2 : -1);
    o.requireShapes(b.shape().size(op.adjointRight() ? -1 : -2) == inner
        && y.shape().size(-2) == rows && y.shape().size(-1) == columns);
    Shape batches = outer(y.shape());
    o.requireShapes(BroadcastRuns.fits(outer(a.shape()), batches) && BroadcastRuns.fits(outer(b.shape()), batches));
    if (y.elements() == 0 || inner == 0) { // there may be any number of empty batches: they are not counted
      return frame -> frame.segment(y).fill((byte) 0);
    }
    BroadcastRuns runs = BroadcastRuns.of(batches, outer(a.shape()), outer(b.shape()));
    long bytesA = 4L * rows * inner;
    long bytesB = 4L * inner * columns;
    long bytesY = 4L * rows * columns;
    Storage turned = op.adjointLeft() ? o.scratch().apply(bytesA) : null;
    StridedCopy turn = new StridedCopy(4, new int[] {rows, inner}, new long[] {1, rows}, new long[] {inner, 1});
    return frame -> runs.forEach((starts, to) -> {
      for (int i = 0; i < runs.length(); i++) {
        MemorySegment left = frame.segment(a).asSlice((starts[0] + i * runs.step(0)) * bytesA, bytesA);
        if (turned != null) {
          turn.run(left, 0, frame.segment(turned), 0);
          left = frame.segment(turned);
        }
        MemorySegment right = frame.segment(b).asSlice((starts[1] + i * runs.step(1)) * bytesB, bytesB);
        MemorySegment target = frame.segment(y).asSlice((to + i) * bytesY, bytesY);
        frame.kernels().matrixProduct(left, right, op.adjointRight(), rows, inner, columns, target, frame.workers());
      }
    });
  }

  private static Shape outer(Shape shape) {
    int[] sizes = new int[shape.rank() - 2];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = shape.size(i);
    }
    return Shape.of(sizes);
  }

  static Step embeddingLookup(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value ids = o.in(0);
    Value table = o.in(1);
    Value y = o.out();
    o.requireType(ids, ElementType.INT32);
    o.requireType(y, ElementType.FLOAT32);
    if (!(table.storage().origin() instanceof Storage.Origin.Constant constant)) {
      throw o.unsupported("a table that is computed at run time");
    }
    o.requireShapes(table.shape().rank() >= 2);
    requireSameShape(table, constant.tensor(), o);
    WeightMatrix matrix = o.constants().matrix(constant.tensor());
    // A table of rank 3 has several matrix rows for each id.
    int vocabulary = table.shape().size(0);
    int rowsPerId = matrix.rows() / vocabulary;
    o.requireShapes(y.elements() == ids.elements() * rowsPerId * matrix.columns());
    long rowBytes = 4L * matrix.columns();
    return frame -> {
      for (long i = 0; i < ids.elements(); i++) {
        int id = frame.segment(ids).getAtIndex(JAVA_INT, i);
        if (id < 0 || id >= vocabulary) {
          throw o.failure("token id " + id + " of " + vocabulary);
        }
        for (int k = 0; k < rowsPerId; k++) {
          long row = i * rowsPerId + k;
          Dequantization.dequantizeRow(matrix, id * rowsPerId + k, frame.segment(y).asSlice(row * rowBytes, rowBytes));
        }
      }
    };
  }

  /** Depthwise convolution of batch x height x width x channels without padding; output channel c reads input channel c / multiplier. */
  static Step depthwise(Op.DepthwiseConv2d op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value filter = o.in(1);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32);
    o.requireType(filter, ElementType.FLOAT32);
    o.requireType(y, ElementType.FLOAT32);
    o.requireShapes(x.shape().rank() == 4 && filter.shape().rank() == 4 && y.shape().rank() == 4);
    int height = filter.shape().size(1);
    int width = filter.shape().size(2);
    int channels = y.shape().size(3);
    int inputs = x.shape().size(3);
    o.requireShapes(filter.shape().size(3) == channels && inputs > 0 && channels % inputs == 0
        && x.shape().size(0) == y.shape().size(0)
        && reach(y.shape().size(1), op.strideHeight(), height, op.dilationHeight()) <= x.shape().size(1)
        && reach(y.shape().size(2), op.strideWidth(), width, op.dilationWidth()) <= x.shape().size(2));
    boolean biased = o.has(2);
    o.requireShapes(!biased || o.in(2).elements() == channels && o.in(2).type() == ElementType.FLOAT32);
    long[] sx = x.shape().strides();
    return frame -> {
      MemorySegment source = frame.segment(x);
      MemorySegment weights = frame.segment(filter);
      long to = 0;
      for (int n = 0; n < y.shape().size(0); n++) {
        for (int row = 0; row < y.shape().size(1); row++) {
          for (int column = 0; column < y.shape().size(2); column++) {
            long from = n * sx[0] + (long) row * op.strideHeight() * sx[1] + (long) column * op.strideWidth() * sx[2];
            for (int c = 0; c < channels; c++) {
              float sum = biased ? frame.segment(o.in(2)).getAtIndex(JAVA_FLOAT, c) : 0;
              for (int i = 0; i < height; i++) {
                for (int j = 0; j < width; j++) {
                  long at =
                      from + i * op.dilationHeight() * sx[1] + j * op.dilationWidth() * sx[2] + c / (channels / inputs);
                  float w = weights.getAtIndex(JAVA_FLOAT, ((long) i * width + j) * channels + c);
                  sum = Math.fma(source.getAtIndex(JAVA_FLOAT, at), w, sum);
                }
              }
              frame.segment(y).setAtIndex(JAVA_FLOAT, to++, sum);
            }
          }
        }
      }
      Elementwise.activate(op.activation(), frame.segment(y), Math.toIntExact(y.elements()));
    };
  }

  /** How many elements of the operand a dimension of the result reaches over. */
  private static long reach(int results, int stride, int taps, int dilation) {
    return stride <= 0 || dilation <= 0 ? Long.MAX_VALUE : (results - 1L) * stride + (taps - 1L) * dilation + 1;
  }
}
