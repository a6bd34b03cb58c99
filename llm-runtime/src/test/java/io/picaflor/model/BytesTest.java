package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class BytesTest {
  private final Bytes bytes = new Bytes("a.tflite", "TFLiteModel", 100,
      MemorySegment.ofArray(new byte[] {9, 1, (byte) 0x80, 0, 0, 0, 0, 0, 0x40, (byte) 0xFF}));

  @Test
  void numbersAreLittleEndianAtAnyAlignment() throws ModelFormatException {
    assertEquals(0x8001, bytes.u16(1));
    assertEquals(0x8001, bytes.i32(1));
    assertEquals(0x4000000000008001L, bytes.i64(1));
    assertEquals(255, bytes.u8(9));
    assertEquals(-1, bytes.i8(9));
    assertEquals(0xFF400000L, bytes.u32(6));
    assertEquals(2.0f, new Bytes("f", "", 0, MemorySegment.ofArray(new byte[] {7, 0, 0, 0, 0x40})).f32(1));
    assertEquals(2.0, new Bytes("f", "", 0, MemorySegment.ofArray(new byte[] {7, 0, 0, 0, 0, 0, 0, 0, 0x40})).f64(1));
  }

  @Test
  void aReadBeyondTheEndSaysFileSectionAndByte() {
    var e = assertThrows(ModelFormatException.class, () -> bytes.i32(7));
    assertEquals("a.tflite: TFLiteModel, byte 107: a number of 4 bytes needs 4 bytes at byte 7 of 10 in this section; "
        + "is the download complete?", e.getMessage());
    assertEquals("a.tflite", e.file());
    assertEquals("TFLiteModel", e.section());
    assertEquals(107, e.offset());
  }

  @Test
  void offsetsAndLengthsThatWouldOverflowAreRefused() {
    assertThrows(ModelFormatException.class, () -> bytes.u8(-1));
    assertThrows(ModelFormatException.class, () -> bytes.i64(Long.MAX_VALUE - 3));
    assertThrows(ModelFormatException.class, () -> bytes.slice(8, Long.MAX_VALUE, "x"));
    assertThrows(ModelFormatException.class, () -> bytes.slice(Long.MIN_VALUE, 1, "x"));
    assertThrows(ModelFormatException.class, () -> bytes.slice(1, -1, "x"));
  }

  @Test
  void aSliceKnowsItsPlaceInTheFile() throws ModelFormatException {
    Bytes slice = bytes.slice(6, 4, "x").named("inner");
    assertEquals(106, slice.base());
    var e = assertThrows(ModelFormatException.class, () -> slice.u8(4));
    assertTrue(e.getMessage().startsWith("a.tflite: inner, byte 110: "), e.getMessage());
  }

  @Test
  void messagesStayOneShortLineWhateverTheFileHolds() {
    String hostile = "x\n\u001b[31m" + "y".repeat(100_000);
    for (String message : new String[] {
      bytes.broken(0, hostile).getMessage(), new UnsupportedModelException("f", hostile).getMessage()}) {
      assertEquals(-1, message.indexOf('\n'), message);
      assertEquals(-1, message.indexOf('\u001b'), message);
      assertTrue(message.length() < 1100, () -> "length " + message.length());
    }
  }
}
