package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** The operators of the tier {@code vector} that compute each number from the numbers at its place in the operands. */
final class VectorElementwise extends VectorRows {

  /** What is computed. */
  private sealed interface Function {
    record Add() implements Function {}

    record Multiply() implements Function {}

    record Scale(float factor) implements Function {}

    record SoftCap(float cap) implements Function {}

    record Activate(Activation activation) implements Function {}

    record Gate(Activation activation) implements Function {}
  }

  private final Function function;
  private final Matrix a;
  private final Matrix b;
  private final Matrix y;

  private VectorElementwise(Workers workers, int cost, Function function, Matrix a, Matrix b, Matrix y) {
    super(workers, cost * y.columns());
    this.function = function;
    this.a = a;
    this.b = b;
    this.y = y;
  }

  static VectorElementwise add(Workers workers, Matrix a, Matrix b, Matrix y) {
    return new VectorElementwise(workers, 1, new Function.Add(), a, b, y);
  }

  static VectorElementwise multiply(Workers workers, Matrix a, Matrix b, Matrix y) {
    return new VectorElementwise(workers, 1, new Function.Multiply(), a, b, y);
  }

  static VectorElementwise scale(Workers workers, Matrix x, float factor, Matrix y) {
    return new VectorElementwise(workers, 1, new Function.Scale(factor), x, x, y);
  }

  static VectorElementwise softCap(Workers workers, Matrix x, float cap, Matrix y) {
    return new VectorElementwise(workers, 4, new Function.SoftCap(cap), x, x, y);
  }

  static VectorElementwise activation(Workers workers, Activation activation, Matrix x, Matrix y) {
    return new VectorElementwise(workers, 4, new Function.Activate(activation), x, x, y);
  }

  static VectorElementwise gated(Workers workers, Activation activation, Matrix gate, Matrix up, Matrix y) {
    return new VectorElementwise(workers, 4, new Function.Gate(activation), gate, up, y);
  }

  @Override
  void compute(int from, int to) {
    int columns = y.columns();
    for (int m = from; m < to; m++) {
      long left = 4 * a.index(m);
      long right = 4 * b.index(m);
      long result = 4 * y.index(m);
      switch (function) {
        case Function.Add _ -> add(a.memory(), left, b.memory(), right, y.memory(), result, columns);
        case Function.Multiply _ -> multiply(a.memory(), left, b.memory(), right, y.memory(), result, columns);
        case Function.Scale(float factor) -> scale(a.memory(), left, factor, y.memory(), result, columns);
        case Function.SoftCap(float cap) -> {
          float[] values = read(a, left, columns);
          VectorActivation.softCap(cap, values, 0, columns);
          MemorySegment.copy(values, 0, y.memory(), JAVA_FLOAT, result, columns);
        }
        case Function.Activate(Activation activation) -> {
          float[] values = read(a, left, columns);
          VectorActivation.apply(activation, values, 0, columns);
          MemorySegment.copy(values, 0, y.memory(), JAVA_FLOAT, result, columns);
        }
        case Function.Gate(Activation activation) -> {
          float[] values = read(a, left, columns);
          int second = values.length / 2;
          MemorySegment.copy(b.memory(), JAVA_FLOAT, right, values, second, columns);
          VectorActivation.gate(activation, values, 0, second, columns);
          MemorySegment.copy(values, 0, y.memory(), JAVA_FLOAT, result, columns);
        }
      }
    }
  }

  /** A row in the first half of an array with room for whole vectors in either half. */
  private static float[] read(Matrix x, long from, int columns) {
    float[] values = VectorScratch.ofThread().results(2L * (columns + Lanes.COUNT));
    MemorySegment.copy(x.memory(), JAVA_FLOAT, from, values, 0, columns);
    return values;
  }

  /** {@code y = a + b} for some neighbouring values, from these bytes on. */
  static void add(MemorySegment a, long left, MemorySegment b, long right, MemorySegment y, long to, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, a, left + 4L * i, Lanes.ORDER)
          .add(FloatVector.fromMemorySegment(FLOATS, b, right + 4L * i, Lanes.ORDER))
          .intoMemorySegment(y, to + 4L * i, Lanes.ORDER);
    }
    for (int i = whole; i < count; i++) {
      y.set(JAVA_FLOAT, to + 4L * i, a.get(JAVA_FLOAT, left + 4L * i) + b.get(JAVA_FLOAT, right + 4L * i));
    }
  }

  private static void multiply(
      MemorySegment a, long left, MemorySegment b, long right, MemorySegment y, long to, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, a, left + 4L * i, Lanes.ORDER)
          .mul(FloatVector.fromMemorySegment(FLOATS, b, right + 4L * i, Lanes.ORDER))
          .intoMemorySegment(y, to + 4L * i, Lanes.ORDER);
    }
    for (int i = whole; i < count; i++) {
      y.set(JAVA_FLOAT, to + 4L * i, a.get(JAVA_FLOAT, left + 4L * i) * b.get(JAVA_FLOAT, right + 4L * i));
    }
  }

  private static void scale(MemorySegment x, long from, float factor, MemorySegment y, long to, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, x, from + 4L * i, Lanes.ORDER)
          .mul(factor)
          .intoMemorySegment(y, to + 4L * i, Lanes.ORDER);
    }
    for (int i = whole; i < count; i++) {
      y.set(JAVA_FLOAT, to + 4L * i, x.get(JAVA_FLOAT, from + 4L * i) * factor);
    }
  }
}
