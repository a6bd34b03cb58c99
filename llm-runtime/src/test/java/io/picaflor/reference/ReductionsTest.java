package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.FlatWriter.Table;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Operations over a row or a dimension: sums, softmax, the largest elements. */
class ReductionsTest {
  private static final float INF = Float.POSITIVE_INFINITY;
  private static final float NAN = Float.NaN;
  private static final float[] SIX = {1, 2, 3, 4, 5, 6};

  private static Trial reduce(int code, int[] axes, int... result) {
    return Trial.of(code).floats(shape(2, 3), SIX).numbers(axes).result(Type.FLOAT32, result);
  }

  @Test
  void reductionsTakeNegativeAxesAndAnyDimension() throws IOException {
    reduce(Codes.SUM, shape(1), 2).gives(6f, 15);
    reduce(Codes.SUM, shape(-1), 2, 1).gives(6f, 15);
    reduce(Codes.SUM, shape(0), 3).gives(5f, 7, 9);
    reduce(Codes.SUM, shape(-2, 1), 1, 1).gives(21f);
    reduce(Codes.MEAN, shape(1), 2).gives(2f, 5);
    reduce(Codes.REDUCE_MAX, shape(0), 3).gives(4f, 5, 6);
    reduce(Codes.REDUCE_MIN, shape(1), 2).gives(1f, 4);
    Trial.of(Codes.SUM).floats(shape(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8).numbers(0, 2).result(Type.FLOAT32, 2)
        .gives(14f, 22);
    Trial.of(Codes.SUM).floats(shape(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8).number(1).result(Type.FLOAT32, 2, 1, 2)
        .gives(4f, 6, 12, 14);
    Trial.of(Codes.SUM).floats(shape(2), 1, 2).constantInts(shape(0)).result(Type.FLOAT32, 2).gives(1f, 2);
    String message = reduce(Codes.SUM, shape(2), 2).broken();
    assertTrue(message.contains("dimension 2 of a tensor of rank 2"), message);
    message = reduce(Codes.SUM, shape(1), 3).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void reductionsOfIntegersAndBooleans() throws IOException {
    Trial.of(Codes.SUM).ints(shape(2, 2), 1, 2, Integer.MAX_VALUE, 1).number(1).result(Type.INT32, 2)
        .gives(3, Integer.MIN_VALUE);
    Trial.of(Codes.REDUCE_MAX).ints(shape(3), -5, -2, -9).number(0).result(Type.INT32).gives(-2);
    Trial.of(Codes.REDUCE_MIN).ints(shape(3), -5, -2, -9).number(0).result(Type.INT32).gives(-9);
    boolean[] four = {true, true, false, false};
    Trial.of(Codes.REDUCE_ALL).booleans(shape(2, 2), four).number(1).result(Type.BOOL, 2).gives(true, false);
    Trial.of(Codes.REDUCE_ANY).booleans(shape(2, 2), four).number(0).result(Type.BOOL, 2).gives(true, true);
    Trial.of(Codes.REDUCE_ALL).booleans(shape(2, 2), four).number(0).result(Type.BOOL, 2).gives(false, false);
    Trial.of(Codes.REDUCE_ANY).booleans(shape(2, 2), four).number(1).result(Type.BOOL, 2).gives(true, false);
    Trial.of(Codes.MEAN).ints(shape(2), 1, 2).number(0).result(Type.INT32).broken();
    String message = Trial.of(Codes.REDUCE_ANY).floats(shape(2), 1, 2).number(0).result(Type.FLOAT32).unsupported();
    assertTrue(message.contains("FLOAT32 is not supported"), message);
  }

  @Test
  void sumsOfManySmallNumbersLoseNothing() throws IOException {
    float[] x = new float[4097];
    java.util.Arrays.fill(x, 1e-4f);
    x[0] = 4096;
    Trial.of(Codes.SUM).floats(shape(x.length), x).number(0).result(Type.FLOAT32)
        .gives((float) (4096 + 4096 * (double) 1e-4f));
  }

  private static Trial softmax(float beta, int[] shape, float... x) {
    return Trial.of(Codes.SOFTMAX, 9, FlatWriter.table().with(0, beta)).floats(shape, x).result(Type.FLOAT32, shape);
  }

  @Test
  void softmaxRunsOverTheInnermostDimension() throws IOException {
    double a = Math.exp(-1);
    double b = Math.exp(-2);
    double sum = 1 + a + b;
    softmax(1, shape(2, 3), 1, 2, 3, 1003, 1002, 1001)
        .givesAbout(1e-7, b / sum, a / sum, 1 / sum, 1 / sum, a / sum, b / sum);
    softmax(0.5f, shape(2), 0, 2).givesAbout(1e-7, a / (1 + a), 1 / (1 + a));
    softmax(1, shape(4), 7, 7, 7, 7).gives(0.25f, 0.25f, 0.25f, 0.25f);
  }

  @Test
  void softmaxOfMaskedEntriesIsZeroAndOfNothingIsNan() throws IOException {
    softmax(1, shape(2, 3), 0, -INF, 0, -INF, -INF, -INF).gives(0.5f, 0, 0.5f, NAN, NAN, NAN);
    softmax(1, shape(3), 0, -2.3819763e38f, -1e4f).gives(1f, 0, 0);
    softmax(1, shape(2), -2.3819763e38f, -2.3819763e38f).gives(0.5f, 0.5f);
    softmax(1, shape(2), NAN, 0).gives(NAN, NAN);
  }

  @Test
  void softmaxWithoutStoredBetaHasBetaZero() throws IOException {
    Trial.of(Codes.SOFTMAX).floats(shape(2), 0, 5).result(Type.FLOAT32, 2).gives(0.5f, 0.5f);
  }

  private static Trial cumsum(boolean exclusive, boolean reverse, int axis) {
    Table options = FlatWriter.table().with(0, (byte) (exclusive ? 1 : 0)).with(1, (byte) (reverse ? 1 : 0));
    return Trial.of(Codes.CUMSUM, 102, options).floats(shape(2, 3), SIX).number(axis).result(Type.FLOAT32, 2, 3);
  }

  @Test
  void cumsumGoesBothWaysWithOrWithoutItself() throws IOException {
    cumsum(false, false, 1).gives(1f, 3, 6, 4, 9, 15);
    cumsum(true, false, -1).gives(0f, 1, 3, 0, 4, 9);
    cumsum(false, true, 1).gives(6f, 5, 3, 15, 11, 6);
    cumsum(true, true, 1).gives(5f, 3, 0, 11, 6, 0);
    cumsum(false, false, 0).gives(1f, 2, 3, 5, 7, 9);
    Trial.of(Codes.CUMSUM).ints(shape(3), Integer.MAX_VALUE, 1, 1).number(0).result(Type.INT32, 3)
        .gives(Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MIN_VALUE + 1);
  }

  @Test
  void argMaxTakesTheFirstOfEqualOnes() throws IOException {
    Trial.of(Codes.ARG_MAX).floats(shape(2, 4), 1, 9, 9, 2, -3, -1, -2, -1).number(-1).result(Type.INT32, 2)
        .gives(1, 1);
    Trial.of(Codes.ARG_MAX).floats(shape(1, 1), 1).numbers(1).result(Type.INT32, 1).gives(0);
    String message = Trial.of(Codes.ARG_MAX).floats(shape(2, 2), 1, 2, 3, 4).number(0).result(Type.INT32, 2)
        .unsupported();
    assertTrue(message.contains("innermost dimension"), message);
  }

  @Test
  void topKTakesTheLowerIndexOfEqualOnes() throws IOException {
    Trial.Outcome y = Trial.of(Codes.TOPK_V2).floats(shape(2, 5), 3, 7, 7, 1, 7, 0, -0f, -1, 5, -0f).number(3)
        .result(Type.FLOAT32, 2, 3).result(Type.INT32, 2, 3).run();
    assertArrayEquals(new float[] {7, 7, 7, 5, 0, -0f}, y.floats(0));
    assertArrayEquals(new int[] {1, 2, 4, 3, 0, 1}, y.ints(1));
  }

  @Test
  void topKOfAllSorts() throws IOException {
    Trial.Outcome y = Trial.of(Codes.TOPK_V2).floats(shape(4), 2, -INF, 4, 3).number(4)
        .result(Type.FLOAT32, 4).result(Type.INT32, 4).run();
    assertArrayEquals(new float[] {4, 3, 2, -INF}, y.floats(0));
    assertArrayEquals(new int[] {2, 3, 0, 1}, y.ints(1));
    String message = Trial.of(Codes.TOPK_V2).floats(shape(2), 2, 1).number(3)
        .result(Type.FLOAT32, 3).result(Type.INT32, 3).broken();
    assertTrue(message.contains("shapes do not go together"), message);
    message = Trial.of(Codes.TOPK_V2).floats(shape(2), 2, 1).number(1).result(Type.FLOAT32, 1).broken();
    assertTrue(message.contains("expected 2 outputs, found 1"), message);
  }
}
