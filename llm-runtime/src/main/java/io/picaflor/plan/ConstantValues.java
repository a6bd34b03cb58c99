package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.quantization.WeightMatrix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What constants of a file hold, and when two of them are the same. */
final class ConstantValues {
  /** Up to so many bytes constants are compared by value; signatures share the buffers of larger ones. */
  private static final int COMPARED_BY_VALUE = 1 << 16;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

  private ConstantValues() {}

  /** What equal constants have in common: type, values, and scales by value, for each signature stores its own. */
  static Object identity(Tensor tensor) {
    MemorySegment data = tensor.data().orElseThrow();
    Object values = data.byteSize() <= COMPARED_BY_VALUE
        ? new Bytes(data)
        : List.of(data.address(), data.byteSize());
    return List.of(tensor.type(), values, scales(tensor.quantization()));
  }

  private static Object scales(Quantization quantization) {
    return switch (quantization) {
      case Quantization.None _ -> "none";
      case Quantization.Affine affine ->
          List.of(affine.dimension(), affine.zeroPoint(), new Bytes(affine.scales()));
      case Quantization.Blockwise blocks -> List.of(blocks.blockSize(), new Bytes(blocks.scales()));
    };
  }

  /** Bytes that are equal by content. */
  private record Bytes(MemorySegment data) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes bytes
          && (data.address() == bytes.data.address() && data.byteSize() == bytes.data.byteSize()
              || data.mismatch(bytes.data) == -1);
    }

    @Override
    public int hashCode() {
      int hash = Long.hashCode(data.byteSize());
      for (long i = 0; i < Math.min(data.byteSize(), 256); i++) {
        hash = 31 * hash + data.get(ValueLayout.JAVA_BYTE, i);
      }
      return hash;
    }
  }

  /** The values of a float32 constant. */
  static float[] floats(Tensor tensor) {
    return tensor.data().orElseThrow().toArray(WeightMatrix.FLOAT);
  }

  /** The values of an int32 constant, if it is one. */
  static Optional<int[]> ints(Tensor tensor) {
    return tensor.isConstant() && tensor.type() == ElementType.INT32
        ? Optional.of(tensor.data().orElseThrow().toArray(INT))
        : Optional.empty();
  }

  /** The values of a constant of float32 or int32. */
  static Optional<double[]> numbers(Tensor tensor) {
    if (tensor.type() == ElementType.FLOAT32) {
      float[] floats = floats(tensor);
      double[] values = new double[floats.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = floats[i];
      }
      return Optional.of(values);
    }
    return ints(tensor).map(ints -> Arrays.stream(ints).asDoubleStream().toArray());
  }
}
