package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Operations that change the element type. */
class ConversionsTest {
  private static byte[] bytes(Trial trial) throws IOException {
    return trial.run().results().getFirst();
  }

  @Test
  void castOfFloatsCutsTowardsZero() throws IOException {
    Trial.of(Codes.CAST).floats(shape(6), 1.9f, -1.9f, 0.5f, -0.5f, 3e9f, Float.NaN).result(Type.INT32, 6)
        .gives(1, -1, 0, 0, Integer.MAX_VALUE, 0);
    assertArrayEquals(Packed.longs(-1, 1L << 40),
        bytes(Trial.of(Codes.CAST).floats(shape(2), -1.9f, 0x1p40f).result(Type.INT64, 2)));
  }

  @Test
  void castToBooleanIsWhatIsNotZero() throws IOException {
    Trial.of(Codes.CAST).floats(shape(4), 0, -0f, 0.1f, Float.NaN).result(Type.BOOL, 4).gives(false, false, true, true);
    Trial.of(Codes.CAST).ints(shape(3), 0, 256, -1).result(Type.BOOL, 3).gives(false, true, true);
    Trial.of(Codes.CAST).booleans(shape(2), true, false).result(Type.FLOAT32, 2).gives(1f, 0);
    Trial.of(Codes.CAST).booleans(shape(2), true, false).result(Type.INT32, 2).gives(1, 0);
  }

  @Test
  void castBetweenIntegersKeepsAllBits() throws IOException {
    assertArrayEquals(Packed.longs(-5, Long.MAX_VALUE), bytes(Trial.of(Codes.CAST)
        .in(Type.INT64, shape(2), Packed.longs(-5, Long.MAX_VALUE)).result(Type.INT64, 2)));
    assertArrayEquals(Packed.longs(-5, 7), bytes(Trial.of(Codes.CAST).ints(shape(2), -5, 7).result(Type.INT64, 2)));
    Trial.of(Codes.CAST).in(Type.INT64, shape(2), Packed.longs(-5, (1L << 32) + 3)).result(Type.INT32, 2).gives(-5, 3);
    Trial.of(Codes.CAST).ints(shape(1), 16777217).result(Type.FLOAT32, 1).gives(16777216f);
  }

  @Test
  void castToHalfRounds() throws IOException {
    assertArrayEquals(Packed.halves(1.0f / 3, 65536), bytes(Trial.of(Codes.CAST).floats(shape(2), 1.0f / 3, 65536)
        .result(Type.FLOAT16, 2)));
    Trial.of(Codes.CAST).in(Type.FLOAT16, shape(2), Packed.halves(0.1f, -2)).result(Type.FLOAT32, 2)
        .gives(0.0999755859375f, -2);
    String message = Trial.of(Codes.CAST).in(Type.UINT8, shape(1), new byte[1]).result(Type.FLOAT32, 1).unsupported();
    assertTrue(message.contains("element type UINT8"), message);
    message = Trial.of(Codes.CAST).ints(shape(2), 1, 2).result(Type.FLOAT32, 3).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  private static Trial dequantize(TfliteWriter.TensorSpec x, Type type, int... result) {
    return Trial.of(Codes.DEQUANTIZE).constant(x).result(type, result);
  }

  @Test
  void dequantizeOfConstantsScalesEachChannel() throws IOException {
    dequantize(TfliteWriter.tensor(Type.INT8, 2, 2).data(Packed.narrow(8, 1, -2, 3, -128)).scales(0, 0.5f, 2),
        Type.FLOAT32, 2, 2).gives(0.5f, -1, 6, -256);
    dequantize(TfliteWriter.tensor(Type.INT4, 2, 2).data(Packed.narrow(4, 1, -2, 3, -8)).scales(0, 0.5f), Type.FLOAT32,
        2, 2)
        .gives(0.5f, -1, 1.5f, -4);
    dequantize(TfliteWriter.tensor(Type.INT2, 4).data(Packed.narrow(2, 1, -2, 0, -1)).scales(0, 3), Type.FLOAT32, 4)
        .gives(3f, -6, 0, -3);
    dequantize(TfliteWriter.tensor(Type.FLOAT16, 2).data(Packed.halves(0.1f, 5)), Type.FLOAT32, 2)
        .gives(0.0999755859375f, 5);
    dequantize(TfliteWriter.tensor(Type.FLOAT16).data(Packed.halves(0.1f)), Type.FLOAT32).gives(0.0999755859375f);
  }

  @Test
  void dequantizeOfConstantsToAnotherShapeOrTypeIsRefused() {
    String message = dequantize(TfliteWriter.tensor(Type.FLOAT16, 2).data(Packed.halves(1, 2)), Type.FLOAT32, 3)
        .broken();
    assertTrue(message.contains("(DEQUANTIZE): ") && message.contains("float16[2]") && message.contains("float32[3]"),
        message);
    message = dequantize(TfliteWriter.tensor(Type.FLOAT16, 2).data(Packed.halves(1, 2)), Type.INT8, 2).broken();
    assertTrue(message.contains("int8[2]"), message);
    message = dequantize(TfliteWriter.tensor(Type.INT8, 2).data((byte) 1, (byte) 2), Type.FLOAT32, 2).broken();
    assertTrue(message.contains("integers as weights need scales"), message);
    message = dequantize(TfliteWriter.tensor(Type.INT8, 2).data((byte) 1, (byte) 2).scales(0, Float.NaN), Type.FLOAT32,
        2).broken();
    assertTrue(message.contains("scales that are positive, normal and finite"), message);
  }

  @Test
  void dequantizeOfComputedIntegersHasAZeroPoint() throws IOException {
    Trial trial = Trial.of(Codes.DEQUANTIZE);
    int x = trial.graph().input("x", Type.FLOAT32, 3);
    int q = trial.graph().add(TfliteWriter.tensor(Type.INT8, 3).affine(0.25f, -3));
    trial.graph().op(Codes.QUANTIZE, new int[] {x}, q);
    trial.tensor(q).result(Type.FLOAT32, 3).with("x", Packed.floats(-1, 0.3f, 100)).gives(-1f, 0.25f, 32.5f);
  }

  @Test
  void quantizeRoundsHalvesToEvenAndClamps() throws IOException {
    TfliteWriter.TensorSpec result = TfliteWriter.tensor(Type.INT8, 6).affine(0.5f, 3);
    byte[] codes = bytes(Trial.of(Codes.QUANTIZE).floats(shape(6), 0.25f, 0.75f, -0.25f, 1000, -1000, 1)
        .result(result));
    assertArrayEquals(new byte[] {3, 5, 3, 127, -128, 5}, codes);
    String message = Trial.of(Codes.QUANTIZE).floats(shape(1), 1).result(Type.INT8, 1).unsupported();
    assertTrue(message.contains("one scale for the whole tensor"), message);
    message = Trial.of(Codes.QUANTIZE).floats(shape(1), 1)
        .result(TfliteWriter.tensor(Type.INT8, 1).affine(0, 0)).broken();
    assertTrue(message.contains("positive, normal and finite"), message);
    message = Trial.of(Codes.QUANTIZE).floats(shape(1), 1)
        .result(TfliteWriter.tensor(Type.INT8, 1).affine(1, 1000)).broken();
    assertTrue(message.contains("zero point 1000"), message);
  }

  @Test
  void oneHotMarksTheIndexAndLeavesOthersOut() throws IOException {
    Trial.of(Codes.ONE_HOT, 61, FlatWriter.table().with(0, -1)).ints(shape(3), 1, -1, 7).number(3)
        .constantFloats(shape(), 1)
        .constantFloats(shape(), 0).result(Type.FLOAT32, 3, 3).gives(0f, 1, 0, 0, 0, 0, 0, 0, 0);
    Trial.of(Codes.ONE_HOT, 61, FlatWriter.table().with(0, 1)).ints(shape(2), 0, 1).number(2).number(5).number(-5)
        .result(Type.INT32, 2, 2).gives(5, -5, -5, 5);
    String message = Trial.of(Codes.ONE_HOT).ints(shape(2), 0, 1).number(2).number(5).number(-5)
        .result(Type.INT32, 2, 2)
        .unsupported();
    assertTrue(message.contains("new innermost dimension"), message);
  }
}
