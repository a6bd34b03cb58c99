package io.picaflor.model;

import static io.picaflor.model.Samples.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.testfiles.ProtoWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ProtoReaderTest {
  private static ProtoReader reader(ProtoWriter message) {
    return new ProtoReader(bytes(message.done()));
  }

  private static void assertRefused(String expected, Executable action) {
    var e = assertThrows(ModelFormatException.class, action);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  @Test
  void fieldsAreReadInOrderAndUnaskedOnesSkipped() throws ModelFormatException {
    ProtoReader in = reader(ProtoWriter.message()
        .number(1, -1).f64(2, 0.5).text(3, "skip").f32(4, 0.25f).text(500, "last"));
    assertTrue(in.next());
    assertEquals(-1, in.i32("n"));
    assertTrue(in.next() && in.next() && in.next());
    assertEquals(4, in.field());
    assertEquals(0.25f, in.f32("f"));
    assertTrue(in.next());
    assertEquals(500, in.field());
    assertEquals("last", in.string("s", 10));
    assertFalse(in.next());
    assertFalse(in.next());
  }

  @Test
  void numbersComePackedOrSingle() throws ModelFormatException {
    ProtoReader in = reader(ProtoWriter.message().number(1, 5).packed(1, 6, 300, -1));
    var ids = new ArrayList<Integer>();
    while (in.next()) {
      in.addInts("ids", ids, 10);
    }
    assertEquals(List.of(5, 6, 300, -1), ids);
  }

  @Test
  void moreNumbersThanAllowedAreRefused() throws ModelFormatException {
    ProtoReader in = reader(ProtoWriter.message().packed(1, 1, 2, 3));
    assertTrue(in.next());
    assertRefused("ids should be at most 2 numbers, found more", () -> in.addInts("ids", new ArrayList<>(), 2));
  }

  @Test
  void damagedNumbersAreRefused() {
    assertRefused("should have at most 10 bytes", () -> reader(ProtoWriter.message()
        .raw(0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01)).next());
    assertRefused("cut off at the end of the message", () -> reader(ProtoWriter.message().raw(0x08, 0x80)).next());
    assertRefused("a field's number should be 1 to", () -> reader(ProtoWriter.message().raw(0x00, 0x01)).next());
    assertRefused("a field's number should be 1 to",
        () -> reader(ProtoWriter.message().raw(0xF8, 0xFF, 0xFF, 0xFF, 0x7F, 0x01)).next());
  }

  @Test
  void lengthsBeyondTheEndAreRefused() {
    assertRefused("byte 1002: field 1 needs 5 bytes at byte 2 of 3",
        () -> reader(ProtoWriter.message().raw(0x0A, 5, 'a')).next());
    assertRefused("field 1 needs 18446744073709551615 bytes", () -> reader(ProtoWriter.message()
        .raw(0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01)).next());
    assertRefused("field 1 needs 8 bytes", () -> reader(ProtoWriter.message().raw(0x09, 0)).next());
    assertRefused("field 1 needs 4 bytes", () -> reader(ProtoWriter.message().raw(0x0D, 0)).next());
  }

  @Test
  void groupsAndUnknownWireTypesAreRefused() {
    for (int wireType : new int[] {3, 4, 6, 7}) {
      ProtoReader in = reader(ProtoWriter.message().raw(8 | wireType, 0));
      assertRefused("field 1 has wire type " + wireType, in::next);
    }
  }

  @Test
  void aFieldOfAnotherKindIsRefusedByName() throws ModelFormatException {
    ProtoReader in = reader(ProtoWriter.message().text(1, "x").number(2, 1L << 33));
    assertTrue(in.next());
    assertRefused("the length (field 1) should be a whole number, found wire type 2", () -> in.i32("the length"));
    assertRefused("(field 1) should be a float of 4 bytes", () -> in.f32("x"));
    assertTrue(in.next());
    assertRefused("x (field 2) should be text", () -> in.string("x", 9));
    assertRefused("(field 2) should be a message", () -> in.message("x"));
    assertRefused("x should be a number of 32 bits, found 8589934592", () -> in.i32("x"));
  }

  @Test
  void textAboveTheLimitIsRefused() throws ModelFormatException {
    ProtoReader in = reader(ProtoWriter.message().text(1, "abcd"));
    assertTrue(in.next());
    assertRefused("name has 4 bytes, at most 3 are allowed", () -> in.string("name", 3));
  }

  @Test
  void messagesNestAtMost64Deep() {
    ProtoWriter message = ProtoWriter.message();
    for (int i = 0; i < 70; i++) {
      message = ProtoWriter.message().nested(1, message);
    }
    ProtoReader[] in = {reader(message)};
    assertRefused("messages should nest at most 64 deep", () -> {
      while (in[0].next()) {
        in[0] = in[0].message("inner");
      }
    });
  }
}
