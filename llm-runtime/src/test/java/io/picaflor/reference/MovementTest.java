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
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Operations that move elements without changing them. */
class MovementTest {
  private static final float[] SIX = {1, 2, 3, 4, 5, 6};

  private static Table axis(int field, int axis) {
    return FlatWriter.table().with(field, axis);
  }

  @Test
  void reshapeSqueezeAndExpandDimsKeepTheOrder() throws IOException {
    Trial.of(Codes.RESHAPE).floats(shape(2, 3), SIX).numbers(3, 2).result(Type.FLOAT32, 3, 2).gives(SIX);
    Trial.of(Codes.SQUEEZE).floats(shape(1, 6, 1), SIX).result(Type.FLOAT32, 6).gives(SIX);
    Trial.of(Codes.EXPAND_DIMS).floats(shape(6), SIX).number(0).result(Type.FLOAT32, 1, 6).gives(SIX);
    Trial.of(Codes.RESHAPE).ints(shape(1), 7).constantInts(shape(0)).result(Type.INT32).gives(7);
    String message = Trial.of(Codes.RESHAPE).floats(shape(2, 3), SIX).numbers(3, 3).result(Type.FLOAT32, 3, 3).broken();
    assertTrue(message.contains("reshapes float32[2, 3] to t2 float32[3, 3]"), message);
    message = Trial.of(Codes.RESHAPE).floats(shape(6), SIX).numbers(6).result(Type.INT32, 6).broken();
    assertTrue(message.contains("int32[6]"), message);
  }

  @Test
  void transposeTakesAPermutation() throws IOException {
    Trial.of(Codes.TRANSPOSE).floats(shape(2, 3), SIX).numbers(1, 0).result(Type.FLOAT32, 3, 2)
        .gives(1f, 4, 2, 5, 3, 6);
    Trial.of(Codes.TRANSPOSE).floats(shape(1, 2, 3), SIX).numbers(2, 0, 1).result(Type.FLOAT32, 3, 1, 2)
        .gives(1f, 4, 2, 5, 3, 6);
    assertArrayEquals(new byte[] {1, 0, 0, 1}, Trial.of(Codes.TRANSPOSE)
        .booleans(shape(2, 2), true, false, false, true).numbers(1, 0).result(Type.BOOL, 2, 2).run().results()
        .getFirst());
    String message = Trial.of(Codes.TRANSPOSE).floats(shape(2, 3), SIX).numbers(1, 1).result(Type.FLOAT32, 3, 3)
        .broken();
    assertTrue(message.contains("dimension 1 stands twice") || message.contains("shapes do not go together"), message);
    message = Trial.of(Codes.TRANSPOSE).floats(shape(2, 3), SIX).numbers(1, 2).result(Type.FLOAT32, 3, 2).broken();
    assertTrue(message.contains("dimension 2 of a tensor of rank 2"), message);
    message = Trial.of(Codes.TRANSPOSE).floats(shape(2, 3), SIX).ints(shape(2), 1, 0).result(Type.FLOAT32, 3, 2)
        .unsupported();
    assertTrue(message.contains("input 1 is computed at run time"), message);
  }

  @Test
  void narrowIntegersAreNotMoved() {
    String message = Trial.of(Codes.TRANSPOSE)
        .constant(TfliteWriter.tensor(Type.INT4, 2, 2).data(Packed.narrow(4, 1, 2, 3, 4)))
        .numbers(1, 0).result(Type.INT4, 2, 2).unsupported();
    assertTrue(message.contains("int4[2, 2]: integers of 4 bits are supported as weights only"), message);
  }

  @Test
  void sliceTakesTheRestWhereItsSizeIsMinusOne() throws IOException {
    Trial.of(Codes.SLICE).floats(shape(2, 3), SIX).numbers(0, 1).numbers(2, -1).result(Type.FLOAT32, 2, 2)
        .gives(2f, 3, 5, 6);
    Trial.of(Codes.SLICE).floats(shape(2, 3), SIX).ints(shape(2), 1, 0).numbers(1, 2).result(Type.FLOAT32, 1, 2)
        .gives(4f, 5);
    String message = Trial.of(Codes.SLICE).floats(shape(2, 3), SIX).ints(shape(2), 1, 2).numbers(1, 2)
        .result(Type.FLOAT32, 1, 2).fails();
    assertTrue(message.contains("operator 0 (SLICE): slice begins at 2 of dimension 1"), message);
    message = Trial.of(Codes.SLICE).floats(shape(2, 3), SIX).ints(shape(2), -1, 0).numbers(1, 2)
        .result(Type.FLOAT32, 1, 2).fails();
    assertTrue(message.contains("slice begins at -1 of dimension 0"), message);
  }

  private static Trial strided(
      Table options, float[] x, int[] shape, int[] begin, int[] end, int[] strides, int... result) {
    return Trial.of(Codes.STRIDED_SLICE, 32, options).floats(shape, x).numbers(begin).numbers(end).numbers(strides)
        .result(Type.FLOAT32, result);
  }

  @Test
  void stridedSliceFollowsItsMasks() throws IOException {
    int[] s = {2, 3};
    strided(FlatWriter.table(), SIX, s, shape(0, 0), shape(2, 3), shape(1, 2), 2, 2).gives(1f, 3, 4, 6);
    strided(FlatWriter.table().with(0, 2).with(1, 2), SIX, s, shape(1, 9), shape(2, 9), shape(1, 1), 1, 3)
        .gives(4f, 5, 6);
    strided(FlatWriter.table(), SIX, s, shape(0, -2), shape(2, 3), shape(1, 1), 2, 2).gives(2f, 3, 5, 6);
    strided(FlatWriter.table().with(4, 1), SIX, s, shape(1, 0), shape(2, 3), shape(1, 1), 3).gives(4f, 5, 6);
    strided(FlatWriter.table().with(0, 2).with(1, 3), SIX, s, shape(1, 0), shape(0, 0), shape(-1, -1), 2, 3)
        .gives(6f, 5, 4, 3, 2, 1);
    String message = strided(FlatWriter.table().with(2, 1), SIX, s, shape(0, 0), shape(2, 3), shape(1, 1), 2, 3)
        .unsupported();
    assertTrue(message.contains("new or elided dimensions"), message);
    message = strided(FlatWriter.table(), SIX, s, shape(0, 0), shape(2, 3), shape(1, 0), 2, 3).broken();
    assertTrue(message.contains("dimension 1 begins at 0 of 3"), message);
    message = strided(FlatWriter.table(), SIX, s, shape(0, 0), shape(2, 3), shape(1, 2), 2, 3).broken();
    assertTrue(message.contains("dimension 1 ends at 4 of 3"), message);
    message = strided(FlatWriter.table().with(4, 1), new float[0], shape(0, 3), shape(0, 0), shape(1, 3), shape(1, 1),
        3).broken();
    assertTrue(message.contains("dimension 0 begins at 0 of 0"), message);
  }

  @Test
  void concatenationTakesNegativeAxes() throws IOException {
    for (int axis : new int[] {1, -1}) {
      Trial.of(Codes.CONCATENATION, 10, axis(0, axis)).floats(shape(2, 1), 1, 2).floats(shape(2, 2), 3, 4, 5, 6)
          .result(Type.FLOAT32, 2, 3).gives(1f, 3, 4, 2, 5, 6);
    }
    Trial.of(Codes.CONCATENATION).ints(shape(1), 1).number(5).result(Type.INT32, 2).broken();
    Trial.of(Codes.CONCATENATION).ints(shape(1), 1).numbers(2, 3).result(Type.INT32, 3).gives(1, 2, 3);
    String message = Trial.of(Codes.CONCATENATION).floats(shape(1), 1).absent().result(Type.FLOAT32, 1).broken();
    assertTrue(message.contains("input 1 is missing"), message);
    message = Trial.of(Codes.CONCATENATION, 10, axis(0, 2)).floats(shape(1), 1).result(Type.FLOAT32, 1).broken();
    assertTrue(message.contains("dimension 2 of a tensor of rank 1"), message);
  }

  @Test
  void splitHasItsAxisFirst() throws IOException {
    Trial.Outcome y = Trial.of(Codes.SPLIT).number(1).floats(shape(2, 4), 1, 2, 3, 4, 5, 6, 7, 8)
        .result(Type.FLOAT32, 2, 2).result(Type.FLOAT32, 2, 2).run();
    assertArrayEquals(new float[] {1, 2, 5, 6}, y.floats(0));
    assertArrayEquals(new float[] {3, 4, 7, 8}, y.floats(1));
    String message = Trial.of(Codes.SPLIT).floats(shape(2, 4), 1, 2, 3, 4, 5, 6, 7, 8).number(1)
        .result(Type.FLOAT32, 2, 2).result(Type.FLOAT32, 2, 2).unsupported();
    assertTrue(message.contains("input 0 is computed at run time"), message);
  }

  @Test
  void splitVHasItsAxisLast() throws IOException {
    Trial.Outcome y = Trial.of(Codes.SPLIT_V).floats(shape(2, 3), SIX).numbers(2, 1).number(-1)
        .result(Type.FLOAT32, 2, 2).result(Type.FLOAT32, 2, 1).run();
    assertArrayEquals(new float[] {1, 2, 4, 5}, y.floats(0));
    assertArrayEquals(new float[] {3, 6}, y.floats(1));
    String message = Trial.of(Codes.SPLIT_V).floats(shape(2, 3), SIX).numbers(2, 2).number(1)
        .result(Type.FLOAT32, 2, 2).result(Type.FLOAT32, 2, 2).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void packAndUnpackUndoEachOther() throws IOException {
    Trial.of(Codes.PACK, 59, axis(1, -1)).floats(shape(2), 1, 2).floats(shape(2), 3, 4).result(Type.FLOAT32, 2, 2)
        .gives(1f, 3, 2, 4);
    Trial.of(Codes.PACK, 59, FlatWriter.table().with(0, 2)).ints(shape(), 5).number(6).result(Type.INT32, 2)
        .gives(5, 6);
    Trial.Outcome y = Trial.of(Codes.UNPACK, 64, axis(1, 1)).floats(shape(2, 2), 1, 3, 2, 4)
        .result(Type.FLOAT32, 2).result(Type.FLOAT32, 2).run();
    assertArrayEquals(new float[] {1, 2}, y.floats(0));
    assertArrayEquals(new float[] {3, 4}, y.floats(1));
    String message = Trial.of(Codes.PACK).floats(shape(2), 1, 2).absent().result(Type.FLOAT32, 2, 2).broken();
    assertTrue(message.contains("input 1 is missing"), message);
  }

  @Test
  void padFillsWithZeroOrAValue() throws IOException {
    Trial.of(Codes.PAD).floats(shape(1, 2), 1, 2).constantInts(shape(2, 2), 1, 0, 0, 2).result(Type.FLOAT32, 2, 4)
        .gives(0f, 0, 0, 0, 1, 2, 0, 0);
    Trial.of(Codes.PADV2).floats(shape(2), 1, 2).constantInts(shape(1, 2), 2, 1).constantFloats(shape(), -7)
        .result(Type.FLOAT32, 5).gives(-7f, -7, 1, 2, -7);
    Trial.of(Codes.PADV2).ints(shape(1), 1).constantInts(shape(1, 2), 1, 1).number(9).result(Type.INT32, 3)
        .gives(9, 1, 9);
    String message = Trial.of(Codes.PAD).floats(shape(2), 1, 2).constantInts(shape(1, 2), -1, 1)
        .result(Type.FLOAT32, 2).broken();
    assertTrue(message.contains("negative padding of dimension 0"), message);
  }

  @Test
  void broadcastToRepeats() throws IOException {
    Trial.of(Codes.BROADCAST_TO).floats(shape(2, 1), 1, 2).numbers(2, 2, 3).result(Type.FLOAT32, 2, 2, 3)
        .gives(1f, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
    Trial.of(Codes.BROADCAST_TO).booleans(shape(), true).numbers(2).result(Type.BOOL, 2).gives(true, true);
    Trial.of(Codes.BROADCAST_TO).floats(shape(2), 1, 2).numbers(3).result(Type.FLOAT32, 3).broken();
  }

  @Test
  void tileRepeatsTheWhole() throws IOException {
    Trial.of(Codes.TILE).floats(shape(1, 2), 1, 2).numbers(2, 2).result(Type.FLOAT32, 2, 4)
        .gives(1f, 2, 1, 2, 1, 2, 1, 2);
    Trial.of(Codes.TILE).ints(shape(2, 1), 1, 2).numbers(1, 3).result(Type.INT32, 2, 3).gives(1, 1, 1, 2, 2, 2);
    Trial.of(Codes.TILE).floats(shape(2), 1, 2).numbers(2).result(Type.FLOAT32, 3).broken();
  }

  private static Trial update(int start) {
    return Trial.of(Codes.DYNAMIC_UPDATE_SLICE).floats(shape(8), 0, 1, 2, 3, 4, 5, 6, 7)
        .floats(shape(4), 10, 11, 12, 13).ints(shape(1), start).result(Type.FLOAT32, 8);
  }

  @Test
  void dynamicUpdateSliceMovesItsStartSoThatTheUpdateFits() throws IOException {
    update(2).gives(0f, 1, 10, 11, 12, 13, 6, 7);
    update(6).gives(0f, 1, 2, 3, 10, 11, 12, 13);
    update(-3).gives(10f, 11, 12, 13, 4, 5, 6, 7);
    update(Integer.MAX_VALUE).gives(0f, 1, 2, 3, 10, 11, 12, 13);
    Trial.of(Codes.DYNAMIC_UPDATE_SLICE).floats(shape(2, 3), SIX).floats(shape(2, 1), -1, -2).ints(shape(2), 0, 1)
        .result(Type.FLOAT32, 2, 3).gives(1f, -1, 3, 4, -2, 6);
    String message = Trial.of(Codes.DYNAMIC_UPDATE_SLICE).floats(shape(2), 1, 2).floats(shape(3), 1, 2, 3)
        .ints(shape(1), 0)
        .result(Type.FLOAT32, 2).broken();
    assertTrue(message.contains("shapes do not go together"), message);
  }

  @Test
  void gatherPicksAlongAnAxis() throws IOException {
    Trial.of(Codes.GATHER).floats(shape(3, 2), SIX).ints(shape(2), 2, 0).result(Type.FLOAT32, 2, 2).gives(5f, 6, 1, 2);
    Trial.of(Codes.GATHER, 23, axis(0, -1)).floats(shape(2, 3), SIX).ints(shape(2), 2, 0).result(Type.FLOAT32, 2, 2)
        .gives(3f, 1, 6, 4);
    Trial.of(Codes.GATHER, 23, axis(0, 1)).floats(shape(2, 3), SIX).number(1).result(Type.FLOAT32, 2).gives(2f, 5);
    Trial.of(Codes.GATHER).floats(shape(3, 2), SIX).in(Type.INT64, shape(1), Packed.longs(1)).result(Type.FLOAT32, 1, 2)
        .gives(3f, 4);
    Trial.of(Codes.GATHER).booleans(shape(3), true, false, true).ints(shape(2), 1, 2).result(Type.BOOL, 2)
        .gives(false, true);
    String message = Trial.of(Codes.GATHER, 23, FlatWriter.table().with(0, 1).with(1, 1)).floats(shape(3, 2), SIX)
        .ints(shape(3, 1), 0, 0, 0).result(Type.FLOAT32, 3, 1).unsupported();
    assertTrue(message.contains("batch dimensions"), message);
  }

  @Test
  void anIndexThatIsNotThereIsAnErrorThatNamesTheOperator() {
    for (int index : new int[] {3, -1, Integer.MIN_VALUE}) {
      String message = Trial.of(Codes.GATHER).floats(shape(3, 2), SIX).ints(shape(1), index).result(Type.FLOAT32, 1, 2)
          .fails();
      assertTrue(message.equals("signature run, operator 0 (GATHER): index " + index + " of 3"), message);
      message = Trial.of(Codes.GATHER_ND).floats(shape(2, 3), SIX).ints(shape(1, 2), 0, index).result(Type.FLOAT32, 1)
          .fails();
      assertTrue(message.contains("(GATHER_ND): index " + index + " of 3"), message);
    }
    String message = Trial.of(Codes.GATHER).floats(shape(3, 2), SIX).in(Type.INT64, shape(1), Packed.longs(1L << 32))
        .result(Type.FLOAT32, 1, 2).fails();
    assertTrue(message.contains("index 4294967296 of 3"), message);
  }

  @Test
  void gatherNdAddressesTheOutermostDimensions() throws IOException {
    Trial.of(Codes.GATHER_ND).floats(shape(2, 3), SIX).ints(shape(2, 2), 1, 2, 0, 1).result(Type.FLOAT32, 2)
        .gives(6f, 2);
    Trial.of(Codes.GATHER_ND).floats(shape(2, 3), SIX).ints(shape(1, 1), 1).result(Type.FLOAT32, 1, 3).gives(4f, 5, 6);
    Trial.of(Codes.GATHER_ND).ints(shape(2, 1, 2), 1, 2, 3, 4).ints(shape(2, 2), 1, 0, 0, 0).result(Type.INT32, 2, 2)
        .gives(3, 4, 1, 2);
  }
}
