package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Functions, arithmetic, comparisons and choices, element by element, on numbers worked out by hand. */
class ElementwiseTest {
  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static Trial unary(int code, float... x) {
    return Trial.of(code).floats(shape(x.length), x).result(Type.FLOAT32, x.length);
  }

  private static Trial binary(int code, float[] a, float[] b) {
    return Trial.of(code).floats(shape(a.length), a).floats(shape(b.length), b).result(Type.FLOAT32, a.length);
  }

  private static Trial integers(int code, int[] a, int[] b) {
    return Trial.of(code).ints(shape(a.length), a).ints(shape(b.length), b).result(Type.INT32, a.length);
  }

  private static float[] f(float... values) {
    return values;
  }

  private static int[] i(int... values) {
    return values;
  }

  @Test
  void exactFunctionsOfOneFloat() throws IOException {
    unary(Codes.ABS, -2.5f, 0, 3).gives(2.5f, 0, 3);
    unary(Codes.NEG, -2.5f, 1, INF).gives(2.5f, -1, -INF);
    unary(Codes.RELU, -2.5f, 0, 3).gives(0f, 0, 3);
    unary(Codes.SQUARE, -2.5f, 3).gives(6.25f, 9);
    unary(Codes.SIGN, -2.5f, 0, 3).gives(-1f, 0, 1);
    unary(Codes.SQRT, 4, 2, 0).gives(2f, (float) Math.sqrt(2), 0);
    unary(Codes.RSQRT, 4, 0.25f).gives(0.5f, 2);
    unary(Codes.RELU, NAN).gives(NAN);
  }

  @Test
  void roundTakesHalvesToEven() throws IOException {
    unary(Codes.ROUND, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 2.4f).gives(0f, 2, 2, -0f, -2, 2);
  }

  @Test
  void transcendentalFunctionsAreRoundedOnce() throws IOException {
    unary(Codes.EXP, 0, 1, -104, 89).gives(1f, (float) Math.E, 0, INF);
    unary(Codes.LOG, 1, 10, 0).gives(0f, 2.3025851f, -INF);
    unary(Codes.SIN, 0, 1, 4000).gives(0f, 0.84147098f, -0.68350380f);
    unary(Codes.COS, 0, 1, 4000).gives(1f, 0.540302306f, -0.72994696f);
    unary(Codes.TANH, 0, 0.5f, 20).gives(0f, 0.46211716f, 1);
    unary(Codes.LOGISTIC, 0, 2, -2, -200).gives(0.5f, 0.88079708f, 0.11920292f, 0);
  }

  @Test
  void geluByTheErrorFunctionKeepsItsFarTail() throws IOException {
    // x * Phi(x) to 17 digits; for x = -6 that is -6 * 9.8658764503769809e-10.
    Trial.of(Codes.GELU).floats(shape(5), 0, 1, -1, 3, -6).result(Type.FLOAT32, 5)
        .gives(0f, 0.84134475f, -0.15865525f, 2.9959503f, -5.91952587e-9f);
  }

  @Test
  void geluByTanhIsAnotherFunction() throws IOException {
    Trial.of(Codes.GELU, 116, FlatWriter.table().with(0, (byte) 1)).floats(shape(4), 0, 1, -1, 3)
        .result(Type.FLOAT32, 4)
        .givesAbout(1e-7, 0, 0.84119199060827, -0.15880800939172, 2.99636260669);
  }

  @Test
  void integersHaveAFewFunctions() throws IOException {
    Trial.of(Codes.NEG).ints(shape(2), 3, -4).result(Type.INT32, 2).gives(-3, 4);
    Trial.of(Codes.ABS).ints(shape(2), 3, -4).result(Type.INT32, 2).gives(3, 4);
    Trial.of(Codes.SQUARE).ints(shape(2), 3, -4).result(Type.INT32, 2).gives(9, 16);
    String message = Trial.of(Codes.COS).ints(shape(1), 3).result(Type.INT32, 1).unsupported();
    assertTrue(message.contains("COS of INT32 is not supported"), message);
  }

  @Test
  void notIsForBooleans() throws IOException {
    Trial.of(Codes.LOGICAL_NOT).booleans(shape(2), true, false).result(Type.BOOL, 2).gives(false, true);
    String message = Trial.of(Codes.LOGICAL_NOT).floats(shape(1), 1).result(Type.FLOAT32, 1).unsupported();
    assertTrue(message.contains("FLOAT32"), message);
  }

  @Test
  void arithmeticOfFloats() throws IOException {
    binary(Codes.ADD, f(1, 2), f(0.5f, -2)).gives(1.5f, 0);
    binary(Codes.SUB, f(1, 2), f(0.5f, -2)).gives(0.5f, 4);
    binary(Codes.MUL, f(3, 2), f(0.5f, -2)).gives(1.5f, -4);
    binary(Codes.DIV, f(1, 2, 1), f(4, -2, 0)).gives(0.25f, -1, INF);
    binary(Codes.MAXIMUM, f(1, 2), f(4, -2)).gives(4f, 2);
    binary(Codes.MINIMUM, f(1, 2), f(4, -2)).gives(1f, -2);
    binary(Codes.POW, f(2, 9), f(10, 0.5f)).gives(1024f, 3);
    binary(Codes.SQUARED_DIFFERENCE, f(1, 5), f(4, -2)).gives(9f, 49);
    binary(Codes.FLOOR_DIV, f(7, -7, 7), f(2, 2, -2)).gives(3f, -4, -4);
  }

  @Test
  void floorModTakesTheSignOfTheDivisor() throws IOException {
    integers(Codes.FLOOR_MOD, i(7, -7, 7, -7, 6), i(3, 3, -3, -3, -3)).gives(1, 2, -2, -1, 0);
    binary(Codes.FLOOR_MOD, f(7, -7, 7, -7, 5.5f), f(3, 3, -3, -3, 2)).gives(1f, 2, -2, -1, 1.5f);
  }

  @Test
  void floorModOfLargeFloatsIsExact() throws IOException {
    // 1e10 = 3 * 3333333333 + 1, and a quotient that is rounded to float32 would be off by hundreds.
    binary(Codes.FLOOR_MOD, f(1e10f, -1e10f), f(3, 3)).gives(1f, 2);
  }

  @Test
  void arithmeticOfIntegers() throws IOException {
    integers(Codes.ADD, i(Integer.MAX_VALUE, 2), i(1, -3)).gives(Integer.MIN_VALUE, -1);
    integers(Codes.SUB, i(5, 2), i(1, -3)).gives(4, 5);
    integers(Codes.MUL, i(5, 2), i(7, -3)).gives(35, -6);
    integers(Codes.DIV, i(7, -7), i(2, 2)).gives(3, -3);
    integers(Codes.FLOOR_DIV, i(7, -7), i(2, 2)).gives(3, -4);
    integers(Codes.MAXIMUM, i(5, 2), i(7, -3)).gives(7, 2);
    integers(Codes.MINIMUM, i(5, 2), i(7, -3)).gives(5, -3);
    integers(Codes.SQUARED_DIFFERENCE, i(5), i(7)).gives(4);
    String message = integers(Codes.POW, i(2), i(2)).unsupported();
    assertTrue(message.contains("POW of INT32"), message);
  }

  @Test
  void anIntegerDividedByZeroIsAnErrorThatNamesTheOperator() {
    for (int code : new int[] {Codes.DIV, Codes.FLOOR_DIV, Codes.FLOOR_MOD}) {
      String message = integers(code, i(7), i(0)).fails();
      assertTrue(message.startsWith("signature run, operator 0") && message.contains("division by zero"), message);
    }
  }

  @Test
  void logicOfBooleans() throws IOException {
    boolean[] a = {true, true, false, false};
    boolean[] b = {true, false, true, false};
    Trial.of(Codes.LOGICAL_AND).booleans(shape(4), a).booleans(shape(4), b).result(Type.BOOL, 4)
        .gives(true, false, false, false);
    Trial.of(Codes.LOGICAL_OR).booleans(shape(4), a).booleans(shape(4), b).result(Type.BOOL, 4)
        .gives(true, true, true, false);
    String message = Trial.of(Codes.ADD).booleans(shape(1), true).booleans(shape(1), true).result(Type.BOOL, 1)
        .unsupported();
    assertTrue(message.contains("ADD of BOOL"), message);
    message = binary(Codes.LOGICAL_AND, f(1), f(1)).unsupported();
    assertTrue(message.contains("LOGICAL_AND of FLOAT32"), message);
  }

  @Test
  void operandsAreBroadcastFromTheInnermostDimension() throws IOException {
    Trial.of(Codes.SUB).floats(shape(2, 3), 1, 2, 3, 4, 5, 6).floats(shape(3), 10, 20, 30).result(Type.FLOAT32, 2, 3)
        .gives(-9f, -18, -27, -6, -15, -24);
    Trial.of(Codes.SUB).floats(shape(2, 1), 1, 2).floats(shape(1, 3), 10, 20, 30).result(Type.FLOAT32, 2, 3)
        .gives(-9f, -19, -29, -8, -18, -28);
    Trial.of(Codes.MUL).floats(shape(2, 1, 2), 1, 2, 3, 4).floats(shape(3, 1), 1, 10, 100).result(Type.FLOAT32, 2, 3, 2)
        .gives(1f, 2, 10, 20, 100, 200, 3, 4, 30, 40, 300, 400);
    Trial.of(Codes.ADD).ints(shape(2, 2), 1, 2, 3, 4).number(10).result(Type.INT32, 2, 2).gives(11, 12, 13, 14);
    Trial.of(Codes.ADD).floats(shape(), 1).floats(shape(), 2).result(Type.FLOAT32).gives(3f);
    Trial.of(Codes.LESS).ints(shape(2, 1), 1, 2).ints(shape(2), 1, 2).result(Type.BOOL, 2, 2)
        .gives(false, true, false, false);
  }

  @Test
  void shapesThatDoNotBroadcastAreRefused() {
    String message = Trial.of(Codes.ADD).floats(shape(2), 1, 2).floats(shape(3), 1, 2, 3).result(Type.FLOAT32, 3)
        .broken();
    assertTrue(message.contains("ADD") && message.contains("[2]") && message.contains("[3]"), message);
    message = Trial.of(Codes.ADD).floats(shape(3), 1, 2, 3).floats(shape(3), 1, 2, 3).result(Type.FLOAT32, 1).broken();
    assertTrue(message.contains("shapes do not go together"), message);
    message = Trial.of(Codes.ADD).floats(shape(1), 1).ints(shape(1), 1).result(Type.FLOAT32, 1).broken();
    assertTrue(message.contains("operands of different types"), message);
  }

  @Test
  void fusedActivationsAreApplied() throws IOException {
    float[] x = {-2, -0.5f, 0.5f, 8};
    float[] zero = {0, 0, 0, 0};
    float[][] expected = {x, {0, 0, 0.5f, 8}, {-1, -0.5f, 0.5f, 1}, {0, 0, 0.5f, 6},
      {(float) Math.tanh(-2), (float) Math.tanh(-0.5), (float) Math.tanh(0.5), (float) Math.tanh(8)}};
    for (int activation = 0; activation < expected.length; activation++) {
      Trial.of(Codes.ADD, 11, FlatWriter.table().with(0, (byte) activation))
          .floats(shape(4), x).floats(shape(4), zero).result(Type.FLOAT32, 4).gives(expected[activation]);
    }
    String message = Trial.of(Codes.ADD, 11, FlatWriter.table().with(0, (byte) 5))
        .floats(shape(4), x).floats(shape(4), zero).result(Type.FLOAT32, 4).unsupported();
    assertTrue(message.contains("fused activation 5"), message);
    message = Trial.of(Codes.ADD, 11, FlatWriter.table().with(0, (byte) 1))
        .ints(shape(1), 1).ints(shape(1), 1).result(Type.INT32, 1).unsupported();
    assertTrue(message.contains("an activation on integers"), message);
  }

  @Test
  void comparisonsOfFloatsAndIntegers() throws IOException {
    int[] codes = {Codes.EQUAL, Codes.NOT_EQUAL, Codes.LESS, Codes.LESS_EQUAL, Codes.GREATER, Codes.GREATER_EQUAL};
    boolean[][] expected = {{false, true, false}, {true, false, true}, {true, false, false}, {true, true, false},
      {false, false, true}, {false, true, true}};
    for (int k = 0; k < codes.length; k++) {
      Trial.of(codes[k]).floats(shape(3), 1, 2, 3).floats(shape(3), 2, 2, 2).result(Type.BOOL, 3).gives(expected[k]);
      Trial.of(codes[k]).ints(shape(3), 1, 2, 3).ints(shape(1), 2).result(Type.BOOL, 3).gives(expected[k]);
    }
    Trial.of(Codes.EQUAL).floats(shape(2), NAN, 0).floats(shape(2), NAN, -0f).result(Type.BOOL, 2).gives(false, true);
    Trial.of(Codes.EQUAL).ints(shape(1), 16777217).ints(shape(1), 16777216).result(Type.BOOL, 1).gives(false);
    Trial.of(Codes.EQUAL).booleans(shape(2), true, false).booleans(shape(2), true, true).result(Type.BOOL, 2)
        .gives(true, false);
  }

  @Test
  void selectTakesARank1ConditionAlongTheOutermostDimension() throws IOException {
    Trial.of(Codes.SELECT).booleans(shape(2), true, false)
        .floats(shape(2, 3), 1, 2, 3, 4, 5, 6).floats(shape(2, 3), -1, -2, -3, -4, -5, -6).result(Type.FLOAT32, 2, 3)
        .gives(1f, 2, 3, -4, -5, -6);
    // As many rows as columns: only the operator's name tells which dimension is meant.
    Trial.of(Codes.SELECT).booleans(shape(2), true, false)
        .floats(shape(2, 2), 1, 2, 3, 4).floats(shape(2, 2), -1, -2, -3, -4).result(Type.FLOAT32, 2, 2)
        .gives(1f, 2, -3, -4);
    Trial.of(Codes.SELECT_V2).booleans(shape(2), true, false)
        .floats(shape(2, 2), 1, 2, 3, 4).floats(shape(2, 2), -1, -2, -3, -4).result(Type.FLOAT32, 2, 2)
        .gives(1f, -2, 3, -4);
    String message = Trial.of(Codes.SELECT_V2).booleans(shape(2), true, false)
        .floats(shape(2, 3), 1, 2, 3, 4, 5, 6).floats(shape(2, 3), 1, 2, 3, 4, 5, 6).result(Type.FLOAT32, 2, 3)
        .broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void selectBroadcastsItsChoicesAndKeepsTheirType() throws IOException {
    Trial.of(Codes.SELECT_V2).booleans(shape(1, 2), true, false).constantFloats(shape(), 0)
        .constantFloats(shape(), -1e4f)
        .result(Type.FLOAT32, 1, 2).gives(0f, -1e4f);
    Trial.of(Codes.SELECT).booleans(shape(2), true, false).ints(shape(2), 1, 2).ints(shape(2), 3, 4)
        .result(Type.INT32, 2)
        .gives(1, 4);
    Trial.of(Codes.SELECT_V2).booleans(shape(2), true, false).booleans(shape(2), false, false).booleans(shape(), true)
        .result(Type.BOOL, 2).gives(false, true);
    assertArrayEquals(Packed.longs(1L << 40, 4), Trial.of(Codes.SELECT_V2).booleans(shape(2), true, false)
        .in(Type.INT64, shape(2), Packed.longs(1L << 40, 2)).in(Type.INT64, shape(2), Packed.longs(3, 4))
        .result(Type.INT64, 2).run().results().getFirst());
    String message = Trial.of(Codes.SELECT).ints(shape(1), 1).ints(shape(1), 1).ints(shape(1), 1).result(Type.INT32, 1)
        .unsupported();
    assertTrue(message.contains("INT32 is not supported, only [BOOL]"), message);
  }

  @Test
  void aResultOfAnotherTypeOrSizeIsRefused() {
    String message = Trial.of(Codes.EXP).floats(shape(2), 1, 2).result(Type.FLOAT32, 3).broken();
    assertTrue(message.startsWith("model: graph: signature run, operator 0 (EXP): shapes do not go together"), message);
    message = Trial.of(Codes.EXP).floats(shape(2), 1, 2).result(Type.INT32, 2).broken();
    assertTrue(message.contains("int32[2]"), message);
  }

  @Test
  void tensorsWithoutElementsAreComputedToo() throws IOException {
    assertEquals(0, Trial.of(Codes.ADD).floats(shape(0, 3)).floats(shape(3), 1, 2, 3).result(Type.FLOAT32, 0, 3)
        .run().floats(0).length);
  }
}
