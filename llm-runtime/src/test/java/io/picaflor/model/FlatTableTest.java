package io.picaflor.model;

import static io.picaflor.model.Samples.bytes;
import static io.picaflor.model.Samples.withInt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.testfiles.FlatWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class FlatTableTest {
  private static FlatTable root(FlatWriter.Table table) throws ModelFormatException {
    return FlatTable.root(bytes(FlatWriter.finish(table, null)));
  }

  private static void assertRefused(String expected, Executable action) {
    var e = assertThrows(ModelFormatException.class, action);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  @Test
  void scalarsAreReadByFieldId() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(0, (byte) -2).with(2, (short) -1).with(3, -7).with(4, 5_000_000_000L)
        .with(5, 1.5f).with(6, (byte) 1));
    assertEquals(-2, t.i8(0, 0));
    assertEquals(254, t.u8(0, 0));
    assertEquals(65535, t.u16(2, 0));
    assertEquals(-7, t.i32(3, 0));
    assertEquals(4294967289L, t.u32(3, 0));
    assertEquals(5_000_000_000L, t.u64(4, 0));
    assertEquals(5_000_000_000L, t.i64(4, 0));
    assertEquals(1.5f, t.f32(5, 0));
    assertTrue(t.bool(6));
    assertTrue(t.has(3));
  }

  @Test
  void anAbsentFieldHasItsDefault() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(1, 3)); // field 0 has an empty slot, fields from 2 on have none
    for (int field : new int[] {0, 2, 70_000}) {
      assertFalse(t.has(field));
      assertEquals(-1, t.i32(field, -1));
      assertEquals(9L, t.u64(field, 9));
      assertEquals(0.5f, t.f32(field, 0.5f));
      assertFalse(t.bool(field));
      assertNull(t.string(field));
      assertNull(t.table(field));
      assertEquals(0, t.vector(field, 4).size());
      assertEquals(0, t.vector(field, 4).segment().byteSize());
    }
  }

  @Test
  void stringsTablesAndVectorsAreFollowed() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table()
        .with(0, "größer")
        .with(1, FlatWriter.table().with(0, 42))
        .with(2, List.of(FlatWriter.table().with(0, 1), FlatWriter.table().with(0, 2)))
        .with(3, new int[] {-1, 2, 3})
        .with(4, new long[] {1L << 40})
        .with(5, new float[] {0.25f, -2})
        .with(6, new byte[] {1, (byte) 200}));
    assertEquals("größer", t.string(0));
    assertEquals(42, t.table(1).i32(0, 0));
    assertEquals(2, t.vector(2, 4).table(1).i32(0, 0));
    assertArrayEquals(new int[] {-1, 2, 3}, t.vector(3, 4).ints());
    assertEquals(2, t.vector(3, 4).i32(1));
    assertArrayEquals(new long[] {1L << 40}, t.vector(4, 8).longs());
    assertEquals(1L << 40, t.vector(4, 8).i64(0));
    assertArrayEquals(new float[] {0.25f, -2}, t.vector(5, 4).floats());
    assertEquals(-2, t.vector(5, 4).f32(1));
    assertEquals(200, t.vector(6, 1).u8(1));
    byte[] raw = {-1, -1, -1, -1, 2, 0, 0, 0, 3, 0, 0, 0};
    assertEquals(-1, t.vector(3, 4).segment().mismatch(MemorySegment.ofArray(raw)));
  }

  @Test
  void aVectorOffersNothingOutsideOfIt() throws ModelFormatException {
    FlatVector vector = root(FlatWriter.table().with(0, new int[] {1, 2})).vector(0, 4);
    assertThrows(IndexOutOfBoundsException.class, () -> vector.i32(2));
    assertThrows(IndexOutOfBoundsException.class, () -> vector.i32(-1));
    assertThrows(IllegalStateException.class, () -> vector.i64(0));
  }

  @Test
  void textThatIsNotUtf8IsReadWithReplacements() throws ModelFormatException {
    byte[] content = FlatWriter.finish(FlatWriter.table().with(0, "ab"), null);
    content[content.length - 3] = (byte) 0xFF;
    assertEquals("\uFFFDb", FlatTable.root(bytes(content)).string(0));
  }

  @Test
  void aRootOutsideOfTheFileIsRefused() {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, 1), null);
    for (int root : new int[] {0, 3, good.length - 3, Integer.MAX_VALUE, -1}) {
      assertRefused("the root table should lie in the section's", () -> FlatTable.root(bytes(withInt(good, 0, root))));
    }
    assertRefused("needs 4 bytes", () -> FlatTable.root(bytes(new byte[3])));
  }

  @Test
  void aFieldListOutsideOfTheFileIsRefused() {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, 1), null); // vtable at 4, table at 12 (after 2 bytes)
    int table = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    for (int soffset : new int[] {table + 1, -1000, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertRefused("the table's field list should lie in", () -> FlatTable.root(bytes(withInt(good, table, soffset))));
    }
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, 1), null);
    for (int vtableBytes : new int[] {0, 3, 5, 0xFFFE}) {
      byte[] bad = withInt(good, 4, 8 << 16 | vtableBytes);
      assertRefused("field list should have an even size", () -> FlatTable.root(bytes(bad)));
    }
    for (int tableBytes : new int[] {0, 3, 0xFFFF}) {
      assertRefused("should have 4 to", () -> FlatTable.root(bytes(withInt(good, 4, tableBytes << 16 | 6))));
    }
  }

  @Test
  void aFieldOutsideOfItsTableIsRefused() throws ModelFormatException {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, 1), null);
    for (int entry : new int[] {1, 5, 8, 0xFFFF}) {
      byte[] bad = good.clone();
      bad[8] = (byte) entry;
      bad[9] = (byte) (entry >> 8);
      FlatTable t = FlatTable.root(bytes(bad));
      assertRefused("field 0 of 4 bytes should lie in the table's 8 bytes, found offset " + entry, () -> t.i32(0, 0));
    }
  }

  @Test
  void anOffsetThatLeavesTheFileIsRefused() throws ModelFormatException {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, FlatWriter.table()), null);
    int table = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    for (int offset : new int[] {0, 3, good.length, Integer.MAX_VALUE, -8}) {
      FlatTable t = FlatTable.root(bytes(withInt(good, table + 4, offset)));
      assertRefused("the table of field 0 should start 4 to", () -> t.table(0));
      assertRefused("the vector of field 0 should start 4 to", () -> t.vector(0, 1));
      assertRefused("the string of field 0 should start 4 to", () -> t.string(0));
    }
  }

  @Test
  void aCountBeyondTheFileIsRefusedBeforeAnythingIsAllocated() throws ModelFormatException {
    byte[] good = FlatWriter.finish(FlatWriter.table().with(0, new int[] {1, 2}), null);
    for (int count : new int[] {3, 0x3FFFFFFF, -1}) {
      FlatTable t = FlatTable.root(bytes(withInt(good, good.length - 12, count)));
      String expected = "has " + (count & 0xFFFFFFFFL) + " entries of 4 bytes, but there is room for 2";
      assertRefused(expected, () -> t.vector(0, 4));
    }
    byte[] text = FlatWriter.finish(FlatWriter.table().with(0, "abc"), null);
    for (int length : new int[] {4, -1}) {
      FlatTable t = FlatTable.root(bytes(withInt(text, text.length - 8, length)));
      assertRefused("has " + (length & 0xFFFFFFFFL) + " bytes, but only 4 are left", () -> t.string(0));
    }
  }

  @Test
  void aNumberAboveTheLargestLongIsNoLength() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(0, -1L));
    assertRefused("field 0 should be a number below 2^63, found 18446744073709551615", () -> t.u64(0, 0));
    assertEquals(-1L, t.i64(0, 0));
  }

  @Test
  void aStringAboveTheCallersLimitIsRefused() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(0, "x".repeat(100)));
    assertRefused("the string of field 0 has 100 bytes, at most 99 are allowed", () -> t.string(0, 99));
    assertEquals(100, t.string(0, 100).length());
  }

  @Test
  void aTableThatIsSharedWithoutEndIsRefused() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(0, FlatWriter.table().with(0, 1)));
    assertRefused("one is shared too often", () -> {
      for (int i = 0; i < 100_000; i++) {
        t.table(0);
      }
    });
  }

  @Test
  void aVectorThatIsSharedWithoutEndIsRefused() throws ModelFormatException {
    FlatTable t = root(FlatWriter.table().with(0, new int[1000]).with(1, "x".repeat(1000)));
    assertRefused("a vector is shared too often", () -> {
      for (int i = 0; i < 2000; i++) {
        t.vector(0, 4).ints();
      }
    });
    assertRefused("a vector is shared too often", () -> {
      for (int i = 0; i < 2000; i++) {
        t.string(1);
      }
    });
  }
}
