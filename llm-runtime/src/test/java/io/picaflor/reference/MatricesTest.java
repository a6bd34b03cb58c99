package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.FlatWriter.Table;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.util.Arrays;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Fully connected layers, products, embeddings and convolutions, against the formulas of {@code FORMATS.md}, 5.2 to
 * 5.9.
 */
class MatricesTest {
  private static final Random RANDOM = new Random(11);

  private static float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) RANDOM.nextGaussian();
    }
    return values;
  }

  private static int[] codes(int bits, int count) {
    return RANDOM.ints(count, -(1 << bits - 1), 1 << bits - 1).toArray();
  }

  /** Scales that are bfloat16 values or not, as they come. */
  private static float[] scales(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 0.001f + RANDOM.nextFloat() / 50;
    }
    return values;
  }

  /** One row as FORMATS 5.2 quantizes it. */
  private record Row(int[] codes, int zeroPoint, float inverse) {
    static Row of(float[] x, int from, int columns) {
      float min = 0;
      float max = 0;
      for (int k = 0; k < columns; k++) {
        min = Math.min(min, x[from + k]);
        max = Math.max(max, x[from + k]);
      }
      float s = min == max ? 1 : 255 / (max - min);
      float e = (-128 + min * s) + (127 + max * s);
      float z = e > 0 ? -128 - min * s : 127 - max * s;
      int zeroPoint = (int) Math.rint(Math.min(Math.max(z, -128), 127));
      int[] codes = new int[columns];
      for (int k = 0; k < columns; k++) {
        float steps = Math.min(Math.max(x[from + k] * s, -128 - zeroPoint), 127 - zeroPoint);
        codes[k] = (int) Math.rint(steps) + zeroPoint;
      }
      return new Row(codes, zeroPoint, 1 / s);
    }
  }

  private static float[] perChannel(float[] x, int rows, int[] w, float[] scales, float[] bias, int outputs,
      int columns) {
    float[] y = new float[rows * outputs];
    for (int m = 0; m < rows; m++) {
      Row row = Row.of(x, m * columns, columns);
      for (int n = 0; n < outputs; n++) {
        int sum = 0;
        for (int k = 0; k < columns; k++) {
          sum += (row.codes[k] - row.zeroPoint) * w[n * columns + k];
        }
        float scaled = sum * row.inverse;
        float scale = scales[scales.length == 1 ? 0 : n];
        y[m * outputs + n] = bias == null ? scaled * scale : Math.fma(scaled, scale, bias[n]);
      }
    }
    return y;
  }

  private static float[] blockwise(
      float[] x, int rows, int[] w, float[] scales, int block, float[] bias, int outputs, int columns) {
    float[] y = new float[rows * outputs];
    int blocks = columns / block;
    for (int m = 0; m < rows; m++) {
      Row row = Row.of(x, m * columns, columns);
      for (int n = 0; n < outputs; n++) {
        float correction = 0;
        for (int b = 0; b < blocks; b++) {
          int sum = 0;
          for (int k = b * block; k < (b + 1) * block; k++) {
            sum += w[n * columns + k];
          }
          correction -= sum * bfloat(scales[n * blocks + b]);
        }
        float out = correction * (row.zeroPoint + 128);
        for (int b = 0; b < blocks; b++) {
          int sum = 0;
          for (int k = b * block; k < (b + 1) * block; k++) {
            sum += (row.codes[k] + 128) * w[n * columns + k];
          }
          out = Math.fma(sum, bfloat(scales[n * blocks + b]), out);
        }
        out *= row.inverse;
        y[m * outputs + n] = bias == null ? out : out + bias[n];
      }
    }
    return y;
  }

  /** The float16 that the file holds, rounded to bfloat16, half to even. */
  private static float bfloat(float scale) {
    int bits = Float.floatToRawIntBits(Float.float16ToFloat(Float.floatToFloat16(scale)));
    int low = bits & 0xFFFF;
    int high = bits >>> 16;
    return Float.intBitsToFloat(high + (low > 0x8000 || low == 0x8000 && (high & 1) != 0 ? 1 : 0) << 16);
  }

  private static float[] chain(float[] x, int rows, float[] w, float[] bias, int outputs, int columns) {
    float[] y = new float[rows * outputs];
    for (int m = 0; m < rows; m++) {
      for (int n = 0; n < outputs; n++) {
        float sum = bias == null ? 0 : bias[n];
        for (int k = 0; k < columns; k++) {
          sum = Math.fma(x[m * columns + k], w[n * columns + k], sum);
        }
        y[m * outputs + n] = sum;
      }
    }
    return y;
  }

  private static float[] times(int[] codes, float[] scales, int run) {
    float[] w = new float[codes.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = codes[i] * scales[scales.length == 1 ? 0 : i / run];
    }
    return w;
  }

  private static float[] rounded(float[] values) {
    float[] halves = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
    }
    return halves;
  }

  private static Trial layer(float[] x, int rows, int columns) {
    return Trial.of(Codes.FULLY_CONNECTED).floats(shape(1, rows, columns), x);
  }

  private static Trial withBias(Trial trial, float[] bias) {
    return bias == null ? trial.absent() : trial.constantFloats(shape(bias.length), bias);
  }

  @Test
  void integersPerChannelFollowTheWrittenFormula() throws IOException {
    int outputs = 9;
    for (int bits : new int[] {8, 4, 2}) {
      Type type = bits == 8 ? Type.INT8 : bits == 4 ? Type.INT4 : Type.INT2;
      for (int columns : new int[] {4, 20, 64, 72}) {
        for (int rows : new int[] {1, 3, 6}) {
          for (float[] scales : new float[][] {scales(outputs), scales(1)}) {
            for (float[] bias : new float[][] {null, random(outputs)}) {
              float[] x = random(rows * columns);
              int[] w = codes(bits, outputs * columns);
              Trial trial = layer(x, rows, columns)
                  .constant(TfliteWriter.tensor(type, outputs, columns).data(Packed.narrow(bits, w)).scales(0, scales));
              withBias(trial, bias).result(Type.FLOAT32, 1, rows, outputs)
                  .gives(perChannel(x, rows, w, scales, bias, outputs, columns));
            }
          }
        }
      }
    }
  }

  @Test
  void rowsThatBeginInsideAByteAreReadToo() throws IOException {
    for (int bits : new int[] {4, 2}) {
      Type type = bits == 4 ? Type.INT4 : Type.INT2;
      float[] x = random(2 * 5);
      int[] w = codes(bits, 3 * 5);
      float[] scales = scales(3);
      layer(x, 2, 5).constant(TfliteWriter.tensor(type, 3, 5).data(Packed.narrow(bits, w)).scales(0, scales))
          .result(Type.FLOAT32, 1, 2, 3).gives(perChannel(x, 2, w, scales, null, 3, 5));
    }
  }

  @Test
  void int4InBlocksFollowsTheWrittenFormula() throws IOException {
    int outputs = 7;
    int columns = 128;
    for (int block : new int[] {32, 64, 128}) {
      for (int rows : new int[] {1, 5}) {
        for (float[] bias : new float[][] {null, random(outputs)}) {
          float[] x = random(rows * columns);
          int[] w = codes(4, outputs * columns);
          float[] scales = scales(outputs * columns / block);
          Trial trial = layer(x, rows, columns);
          int scaleTensor = trial.graph().add(
              TfliteWriter.tensor(Type.FLOAT16, outputs, columns / block).data(Packed.halves(scales)));
          trial.constant(TfliteWriter.tensor(Type.INT4, outputs, columns).data(Packed.narrow(4, w))
              .blocks(scaleTensor, block));
          withBias(trial, bias).result(Type.FLOAT32, 1, rows, outputs)
              .gives(blockwise(x, rows, w, scales, block, bias, outputs, columns));
        }
      }
    }
  }

  @Test
  void floatWeightsAreAChainThatStartsAtTheBias() throws IOException {
    int outputs = 9;
    for (int columns : new int[] {1, 33}) {
      for (int rows : new int[] {1, 5}) {
        for (float[] bias : new float[][] {null, random(outputs)}) {
          float[] x = random(rows * columns);
          float[] w = random(outputs * columns);
          withBias(layer(x, rows, columns).constantFloats(shape(outputs, columns), w), bias)
              .result(Type.FLOAT32, 1, rows, outputs).gives(chain(x, rows, w, bias, outputs, columns));
        }
      }
    }
  }

  /** DEQUANTIZE of a constant in front of a layer: the weights become floats at load. */
  private static void weightOnly(TfliteWriter.TensorSpec spec, float[] expectedWeights, int outputs, int columns)
      throws IOException {
    float[] x = random(2 * columns);
    Trial trial = layer(x, 2, columns);
    int stored = trial.graph().add(spec);
    int floats = trial.graph().value(Type.FLOAT32, outputs, columns);
    trial.graph().op(Codes.DEQUANTIZE, new int[] {stored}, floats);
    trial.tensor(floats).result(Type.FLOAT32, 1, 2, outputs)
        .gives(chain(x, 2, expectedWeights, null, outputs, columns));
  }

  @Test
  void weightOnlyLayersMultiplyByTheDequantizedWeights() throws IOException {
    float[] w = random(5 * 8);
    weightOnly(TfliteWriter.tensor(Type.FLOAT16, 5, 8).data(Packed.halves(w)), rounded(w), 5, 8);
    int[] codes = codes(8, 5 * 8);
    float[] scales = scales(5);
    weightOnly(TfliteWriter.tensor(Type.INT8, 5, 8).data(Packed.narrow(8, codes)).scales(0, scales),
        times(codes, scales, 8), 5, 8);
    codes = codes(4, 5 * 8);
    weightOnly(TfliteWriter.tensor(Type.INT4, 5, 8).data(Packed.narrow(4, codes)).scales(0, scales),
        times(codes, scales, 8), 5, 8);
  }

  @Test
  void weightsComputedAtRunTimeAreAChainToo() throws IOException {
    float[] x = random(2 * 3);
    float[] w = random(4 * 3);
    Trial.of(Codes.FULLY_CONNECTED).floats(shape(2, 3), x).floats(shape(4, 3), w).absent().result(Type.FLOAT32, 2, 4)
        .gives(chain(x, 2, w, null, 4, 3));
    String message = Trial.of(Codes.FULLY_CONNECTED).floats(shape(2, 3), x).floats(shape(4, 3), w)
        .floats(shape(4), 1, 2, 3, 4)
        .result(Type.FLOAT32, 2, 4).unsupported();
    assertTrue(message.contains("a bias beside weights"), message);
  }

  @Test
  void layersHaveActivationsAndFlattenTheirInput() throws IOException {
    float[] w = {1, 0, 0, 1, -1, -1};
    Table relu6 = FlatWriter.table().with(0, (byte) 3);
    Trial.of(Codes.FULLY_CONNECTED, 8, relu6).floats(shape(2, 1, 2), 1, 9, -1, 2).constantFloats(shape(3, 2), w)
        .constantFloats(shape(3), 0.5f, 0.5f, 0.5f).result(Type.FLOAT32, 2, 3).gives(1.5f, 6, 0, 0, 2.5f, 0);
    String message = Trial.of(Codes.FULLY_CONNECTED, 8, FlatWriter.table().with(1, (byte) 1)).floats(shape(1, 2), 1, 2)
        .constantFloats(shape(3, 2), w).result(Type.FLOAT32, 1, 3).unsupported();
    assertTrue(message.contains("shuffled"), message);
  }

  @Test
  void layersRefuseWhatDoesNotFit() {
    float[] w = {1, 2, 3, 4, 5, 6};
    String message = layer(new float[3], 1, 3).constantFloats(shape(3, 2), w).result(Type.FLOAT32, 1, 1, 3).broken();
    assertTrue(message.contains("FULLY_CONNECTED): shapes do not go together"), message);
    message = layer(new float[2], 1, 2).constantFloats(shape(3, 2), w).constantFloats(shape(2), 1, 2)
        .result(Type.FLOAT32, 1, 1, 3).broken();
    assertTrue(message.contains("shapes do not go together"), message);
    message = layer(new float[2], 1, 2).constant(TfliteWriter.tensor(Type.INT8, 3, 2).data(new byte[6]))
        .result(Type.FLOAT32, 1, 1, 3).broken();
    assertTrue(message.contains("integers as weights need scales"), message);
    message = layer(new float[2], 1, 2).constant(TfliteWriter.tensor(Type.INT8, 3, 2).data(new byte[6]).affine(1, 3))
        .result(Type.FLOAT32, 1, 1, 3).unsupported();
    assertTrue(message.contains("zero point 3"), message);
    message = layer(new float[2], 1, 2).constant(TfliteWriter.tensor(Type.INT8, 3, 2).data(new byte[6]).scales(1, 1, 2))
        .result(Type.FLOAT32, 1, 1, 3).unsupported();
    assertTrue(message.contains("found dimension 1"), message);
    message = layer(new float[2], 1, 2).constant(TfliteWriter.tensor(Type.UINT8, 3, 2).data(new byte[6]).scales(0, 1))
        .result(Type.FLOAT32, 1, 1, 3).unsupported();
    assertTrue(message.contains("uint8[3, 2] as weights is not supported"), message);
    for (float scale : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e-40f}) {
      message = layer(new float[2], 1, 2)
          .constant(TfliteWriter.tensor(Type.INT8, 3, 2).data(new byte[6]).scales(0, 1, scale, 1))
          .result(Type.FLOAT32, 1, 1, 3).broken();
      assertTrue(message.contains("scales that are positive, normal and finite"), message);
    }
    float[] many = new float[5000]; // more than are looked at in one go
    Arrays.fill(many, 1);
    many[4999] = -1;
    message = layer(new float[2], 1, 2)
        .constant(TfliteWriter.tensor(Type.INT8, 5000, 2).data(new byte[10_000]).scales(0, many))
        .result(Type.FLOAT32, 1, 1, 5000).broken();
    assertTrue(message.contains("scales that are positive, normal and finite"), message);
    message = layer(new float[0], 0, 2).constantFloats(shape(3, 2), w).result(Type.FLOAT32, 1, 0, 3).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void weightsThatWereReshapedAreRefusedAtLoad() {
    Trial trial = layer(new float[3], 1, 3);
    int stored = trial.graph().floats(shape(3, 2), 1, 2, 3, 4, 5, 6);
    int turned = trial.graph().value(Type.FLOAT32, 2, 3);
    trial.graph().op(Codes.RESHAPE, new int[] {stored}, turned);
    String message = trial.tensor(turned).result(Type.FLOAT32, 1, 1, 2).unsupported();
    assertTrue(message.contains("float32[3, 2]") && message.contains("float32[2, 3]"), message);
  }

  @Test
  void scalesRunAlongTheOutermostOfThreeDimensions() throws IOException {
    // A table of two rows for each id, both with the id's scale.
    Trial.of(Codes.EMBEDDING_LOOKUP).ints(shape(2), 2, 0)
        .constant(TfliteWriter.tensor(Type.INT8, 3, 2, 2).data(Packed.narrow(8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
            .scales(0, 1, 10, 100))
        .result(Type.FLOAT32, 2, 2, 2).gives(900f, 1000, 1100, 1200, 1, 2, 3, 4);
  }

  private static Trial product(boolean adjointLeft, boolean adjointRight) {
    return Trial.of(Codes.BATCH_MATMUL, 101,
        FlatWriter.table().with(0, (byte) (adjointLeft ? 1 : 0)).with(1, (byte) (adjointRight ? 1 : 0)));
  }

  @Test
  void batchMatmulTurnsItsAdjoints() throws IOException {
    // [1 2 3; 4 5 6] x [1 0; 0 1; 2 2] = [7 8; 16 17]
    float[] a = {1, 2, 3, 4, 5, 6};
    float[] turnedA = {1, 4, 2, 5, 3, 6};
    float[] b = {1, 0, 0, 1, 2, 2};
    float[] turnedB = {1, 0, 2, 0, 1, 2};
    float[] expected = {7, 8, 16, 17};
    product(false, false).floats(shape(2, 3), a).floats(shape(3, 2), b).result(Type.FLOAT32, 2, 2).gives(expected);
    product(false, true).floats(shape(2, 3), a).floats(shape(2, 3), turnedB).result(Type.FLOAT32, 2, 2).gives(expected);
    product(true, false).floats(shape(3, 2), turnedA).floats(shape(3, 2), b).result(Type.FLOAT32, 2, 2).gives(expected);
    product(true, true).floats(shape(3, 2), turnedA).floats(shape(2, 3), turnedB).result(Type.FLOAT32, 2, 2)
        .gives(expected);
  }

  @Test
  void batchMatmulBroadcastsItsBatches() throws IOException {
    product(false, false).floats(shape(2, 1, 1, 2), 1, 2, 3, 4).floats(shape(3, 2, 1), 1, 0, 0, 1, 1, 1)
        .result(Type.FLOAT32, 2, 3, 1, 1).gives(1f, 2, 3, 3, 4, 7);
    product(false, true).floats(shape(1, 2, 1, 2), 1, 2, 3, 4).floats(shape(1, 1, 2, 2), 1, 0, 0, 1)
        .result(Type.FLOAT32, 1, 2, 1, 2).gives(1f, 2, 3, 4);
    product(true, false).floats(shape(2, 2, 1), 1, 2, 3, 4).floats(shape(2, 1), 1, 1).result(Type.FLOAT32, 2, 1, 1)
        .gives(3f, 7);
    String message = product(false, false).floats(shape(2, 1, 2), 1, 2, 3, 4).floats(shape(3, 2, 1), 1, 0, 0, 1, 1, 1)
        .result(Type.FLOAT32, 3, 1, 1).broken();
    assertTrue(message.contains("shapes do not go together"), message);
    message = product(false, false).floats(shape(1, 2), 1, 2).floats(shape(3, 1), 1, 0, 0).result(Type.FLOAT32, 1, 1)
        .broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void batchMatmulIsAChainInTheOrderOfTheInnerDimension() throws IOException {
    float[] a = random(3 * 40);
    float[] b = random(5 * 40);
    product(false, true).floats(shape(3, 40), a).floats(shape(5, 40), b).result(Type.FLOAT32, 3, 5)
        .gives(chain(a, 3, b, null, 5, 40));
  }

  @Test
  void batchMatmulOfNothingIsNothing() throws IOException {
    assertArrayEquals(new float[0], product(false, false).floats(shape(0, 2)).floats(shape(2, 1), 1, 1)
        .result(Type.FLOAT32, 0, 1).run().floats(0));
    product(false, false).floats(shape(1, 0)).floats(shape(0, 2)).result(Type.FLOAT32, 1, 2).gives(0f, 0);
  }

  @Test
  void embeddingLookupReadsEachKindOfTable() throws IOException {
    int rows = 5;
    int columns = 64;
    float[] scales = scales(rows);
    for (int bits : new int[] {8, 4, 2}) {
      Type type = bits == 8 ? Type.INT8 : bits == 4 ? Type.INT4 : Type.INT2;
      int[] w = codes(bits, rows * columns);
      lookup(TfliteWriter.tensor(type, rows, columns).data(Packed.narrow(bits, w)).scales(0, scales),
          times(w, scales, columns),
          columns);
      lookup(TfliteWriter.tensor(type, rows, columns).data(Packed.narrow(bits, w)).scales(0, 0.5f),
          times(w, new float[] {0.5f}, columns), columns);
    }
    float[] w = random(rows * columns);
    lookup(TfliteWriter.tensor(Type.FLOAT32, rows, columns).data(Packed.floats(w)), w, columns);
    lookup(TfliteWriter.tensor(Type.FLOAT16, rows, columns).data(Packed.halves(w)), rounded(w), columns);
  }

  private static void lookup(TfliteWriter.TensorSpec table, float[] w, int columns) throws IOException {
    float[] expected = new float[2 * columns];
    System.arraycopy(w, 4 * columns, expected, 0, columns);
    System.arraycopy(w, columns, expected, columns, columns);
    Trial.of(Codes.EMBEDDING_LOOKUP).ints(shape(2), 4, 1).constant(table).result(Type.FLOAT32, 2, columns)
        .gives(expected);
  }

  @Test
  void embeddingLookupTakesBlockScalesUnrounded() throws IOException {
    int[] w = codes(4, 3 * 64);
    float[] scales = scales(6);
    Trial trial = Trial.of(Codes.EMBEDDING_LOOKUP).ints(shape(1), 2);
    int scaleTensor = trial.graph().add(TfliteWriter.tensor(Type.FLOAT16, 3, 2).data(Packed.halves(scales)));
    float[] all = times(w, rounded(scales), 32);
    float[] expected = java.util.Arrays.copyOfRange(all, 128, 192);
    trial.constant(TfliteWriter.tensor(Type.INT4, 3, 64).data(Packed.narrow(4, w)).blocks(scaleTensor, 32))
        .result(Type.FLOAT32, 1, 64).gives(expected);
  }

  @Test
  void anIdOutsideOfTheTableIsAnErrorThatNamesTheOperator() {
    for (int id : new int[] {-1, 2, Integer.MAX_VALUE}) {
      String message = Trial.of(Codes.EMBEDDING_LOOKUP).ints(shape(1), id).constantFloats(shape(2, 2), 1, 2, 3, 4)
          .result(Type.FLOAT32, 1, 2).fails();
      assertTrue(message.equals("signature run, operator 0 (EMBEDDING_LOOKUP): token id " + id + " of 2"), message);
    }
  }

  @Test
  void depthwiseConvolutionKeepsChannelsApart() throws IOException {
    // A causal convolution of 3 taps over 4 times in 2 channels.
    Table valid = FlatWriter.table().with(0, (byte) 1).with(1, 1).with(2, 1);
    float[] x = {1, 10, 2, 20, 3, 30, 4, 40};
    float[] taps = {1, -1, 0, 0, 2, 3};
    Trial.of(Codes.DEPTHWISE_CONV_2D, 2, valid).floats(shape(1, 1, 4, 2), x).constantFloats(shape(1, 1, 3, 2), taps)
        .constantFloats(shape(2), 0.5f, 0).result(Type.FLOAT32, 1, 1, 2, 2).gives(7.5f, 80, 10.5f, 100);
    Table same = FlatWriter.table().with(1, 1).with(2, 1);
    String message = Trial.of(Codes.DEPTHWISE_CONV_2D, 2, same).floats(shape(1, 1, 4, 2), x)
        .constantFloats(shape(1, 1, 3, 2), taps).result(Type.FLOAT32, 1, 1, 4, 2).unsupported();
    assertTrue(message.contains("padding SAME"), message);
    message = Trial.of(Codes.DEPTHWISE_CONV_2D, 2, valid).floats(shape(1, 1, 4, 2), x)
        .constantFloats(shape(1, 1, 3, 2), taps).result(Type.FLOAT32, 1, 1, 3, 2).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void depthwiseConvolutionStridesDilatesAndMultipliesChannels() throws IOException {
    Table options = FlatWriter.table().with(0, (byte) 1).with(1, 2).with(2, 1).with(3, 2).with(4, (byte) 1).with(5, 2)
        .with(6, 1);
    // Taps at x and x + 2, every second x, each channel to two: its sum and its difference, then RELU.
    Trial.of(Codes.DEPTHWISE_CONV_2D, 2, options).floats(shape(1, 1, 5, 1), 1, 2, 4, 8, 16)
        .constantFloats(shape(1, 1, 2, 2), 1, 1, 1, -1).result(Type.FLOAT32, 1, 1, 2, 2).gives(5f, 0, 20, 0);
  }
}
