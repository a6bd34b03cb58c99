package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/** Steps that change the element type. */
final class Conversions {
  private Conversions() {}

  /** CAST: floats are cut towards zero, booleans are 0 and 1, and everything but 0 is true. */
  static Step cast(Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32, ElementType.FLOAT16, ElementType.INT32, ElementType.INT64, ElementType.BOOL);
    o.requireType(y, ElementType.FLOAT32, ElementType.FLOAT16, ElementType.INT32, ElementType.INT64, ElementType.BOOL);
    o.requireShapes(x.elements() == y.elements());
    long count = y.elements();
    return frame -> {
      MemorySegment source = frame.segment(x);
      MemorySegment target = frame.segment(y);
      for (long i = 0; i < count; i++) {
        if (x.type() == ElementType.INT64 && y.type() == ElementType.INT64) {
          target.setAtIndex(JAVA_LONG, i, source.getAtIndex(JAVA_LONG, i)); // a double would lose digits
        } else if (x.type() == ElementType.INT64 && y.type() == ElementType.INT32) {
          target.setAtIndex(JAVA_INT, i, (int) source.getAtIndex(JAVA_LONG, i)); // and the lower half wraps
        } else {
          write(y.type(), target, i, read(x.type(), source, i));
        }
      }
    };
  }

  private static double read(ElementType type, MemorySegment x, long i) {
    return switch (type) {
      case FLOAT32 -> x.getAtIndex(JAVA_FLOAT, i);
      case FLOAT16 -> Float.float16ToFloat(x.getAtIndex(JAVA_SHORT, i));
      case INT32 -> x.getAtIndex(JAVA_INT, i);
      case INT64 -> x.getAtIndex(JAVA_LONG, i);
      default -> x.get(JAVA_BYTE, i);
    };
  }

  private static void write(ElementType type, MemorySegment y, long i, double v) {
    switch (type) {
      case FLOAT32 -> y.setAtIndex(JAVA_FLOAT, i, (float) v);
      case FLOAT16 -> y.setAtIndex(JAVA_SHORT, i, Float.floatToFloat16((float) v));
      case INT32 -> y.setAtIndex(JAVA_INT, i, (int) v);
      case INT64 -> y.setAtIndex(JAVA_LONG, i, (long) v);
      default -> y.set(JAVA_BYTE, i, (byte) (v != 0 ? 1 : 0));
    }
  }

  /** DEQUANTIZE of what is computed at run time: {@code (q - zeroPoint) * scale} with one scale for all. */
  static Step dequantize(Tensor tensor, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(y, ElementType.FLOAT32);
    o.requireShapes(x.elements() == y.elements());
    if (x.type() == ElementType.FLOAT16) {
      return cast(o);
    }
    o.requireType(x, ElementType.INT8);
    Quantization.Affine affine = affine(tensor, o);
    float scale = scale(affine);
    int zeroPoint = (int) affine.zeroPoint();
    return frame -> {
      for (long i = 0; i < x.elements(); i++) {
        frame.segment(y).setAtIndex(JAVA_FLOAT, i, (frame.segment(x).get(JAVA_BYTE, i) - zeroPoint) * scale);
      }
    };
  }

  /** QUANTIZE to int8: {@code clamp(rint(x * (1 / scale)) + zeroPoint)}, half to even. */
  static Step quantize(Tensor tensor, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value x = o.in(0);
    Value y = o.out();
    o.requireType(x, ElementType.FLOAT32);
    o.requireType(y, ElementType.INT8);
    o.requireShapes(x.elements() == y.elements());
    Quantization.Affine affine = affine(tensor, o);
    float inverse = 1 / scale(affine);
    int zeroPoint = (int) affine.zeroPoint();
    return frame -> {
      for (long i = 0; i < x.elements(); i++) {
        double code = Math.rint(frame.segment(x).getAtIndex(JAVA_FLOAT, i) * inverse) + zeroPoint;
        frame.segment(y).set(JAVA_BYTE, i, (byte) Math.clamp(code, -128, 127));
      }
    };
  }

  private static Quantization.Affine affine(Tensor tensor, Operation o) throws ModelFormatException,
      UnsupportedModelException {
    if (!(tensor.quantization() instanceof Quantization.Affine affine) || affine.count() != 1) {
      throw o.unsupported("expected one scale for the whole tensor");
    }
    float scale = scale(affine);
    o.require(scale >= Float.MIN_NORMAL && scale <= Float.MAX_VALUE,
        "expected a scale that is positive, normal and finite, found " + scale);
    o.require(affine.zeroPoint() == (byte) affine.zeroPoint(), "zero point " + affine.zeroPoint()
        + " of an int8 tensor");
    return affine;
  }

  private static float scale(Quantization.Affine affine) {
    return affine.scales().get(WeightMatrix.FLOAT, 0);
  }

  /** ONE_HOT with a new innermost dimension. */
  static Step oneHot(int axis, Operation o) throws ModelFormatException, UnsupportedModelException {
    Value indices = o.in(0);
    Value on = o.in(2);
    Value off = o.in(3);
    Value y = o.out();
    int rank = y.shape().rank();
    if (rank == 0 || axis != -1 && axis != rank - 1) {
      throw o.unsupported("only a new innermost dimension is supported");
    }
    o.requireType(indices, ElementType.INT32);
    o.requireType(y, ElementType.FLOAT32, ElementType.INT32);
    o.requireShapes(on.elements() == 1 && off.elements() == 1 && on.type() == y.type() && off.type() == y.type());
    int depth = y.shape().size(-1);
    o.requireShapes(y.elements() == indices.elements() * depth);
    return frame -> {
      int hot = frame.segment(on).get(JAVA_INT, 0);
      int cold = frame.segment(off).get(JAVA_INT, 0);
      for (long i = 0; i < indices.elements(); i++) {
        int index = frame.segment(indices).getAtIndex(JAVA_INT, i);
        for (int k = 0; k < depth; k++) {
          frame.segment(y).setAtIndex(JAVA_INT, i * depth + k, k == index ? hot : cold);
        }
      }
    };
  }
}
