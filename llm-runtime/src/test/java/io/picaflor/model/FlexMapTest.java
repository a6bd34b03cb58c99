package io.picaflor.model;

import static io.picaflor.model.Samples.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.testfiles.FlexWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlexMapTest {
  private static void assertRefused(String expected, Executable action) {
    var e = assertThrows(ModelFormatException.class, action);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void attributesAreReadAtEveryWidth(int width) throws ModelFormatException {
    Map<String, Object> attributes = Map.of("k_ts_idx", -3, "is_global", true, "name", "rms", "axes", List.of(1, 2),
        "inner", Map.of("n", 7), "none", List.of());
    FlexMap map = FlexMap.root(bytes(FlexWriter.write(attributes, width)));
    assertEquals(-3, map.i32("k_ts_idx", 0));
    assertTrue(map.bool("is_global", false));
    assertEquals("rms", map.string("name", ""));
    assertEquals(new FlexValue.Items(List.of(new FlexValue.Int(1), new FlexValue.Int(2))), map.values().get("axes"));
    assertTrue(map.values().get("inner") instanceof FlexValue.Nested n && n.map().i32("n", 0) == 7);
    assertEquals(new FlexValue.Items(List.of()), map.values().get("none"));
    assertEquals(List.of("axes", "inner", "is_global", "k_ts_idx", "name", "none"), List.copyOf(map.values().keySet()));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void floatsAreReadAtEveryWidth(int width) throws ModelFormatException {
    FlexMap map = FlexMap.root(bytes(FlexWriter.write(Map.of("scale", 0.125, "epsilon", 1), width)));
    assertEquals(0.125, map.f64("scale", 0));
    assertEquals(0.125f, map.f32("scale", 0));
    assertEquals(1.0f, map.f32("epsilon", 0));
  }

  /** Offsets count back from their own place; the type is (type << 2 | log2 of the children's width). */
  @Test
  void indirectAndTypedValuesAreRead() throws ModelFormatException {
    // "a\0", then at 2 the int8 -5 that is referred to, then two uint8 (a typed vector, count before it).
    byte[] buffer = {'a', 0, -5, 2, 7, (byte) 200, /* vector: */ 2, /* at 7: */ 5, 4, 6 << 2, 12 << 2,
      /* root: */ 4, 10 << 2, 1};
    var root = new FlexReader(bytes(buffer)).root();
    assertEquals(new FlexValue.Items(List.of(new FlexValue.Int(-5),
        new FlexValue.Items(List.of(new FlexValue.Int(7), new FlexValue.Int(200))))), root);
  }

  @Test
  void anAbsentKeyHasItsDefault() throws ModelFormatException {
    for (FlexMap map : new FlexMap[] {
      FlexMap.root(bytes(new byte[0])), FlexMap.root(bytes(FlexWriter.write(Map.of(), 1)))}) {
      assertFalse(map.has("x"));
      assertEquals(5, map.i32("x", 5));
      assertEquals(5L, map.i64("x", 5));
      assertEquals(0.5, map.f64("x", 0.5));
      assertTrue(map.bool("x", true));
      assertEquals("d", map.string("x", "d"));
    }
  }

  @Test
  void aValueOfAnotherKindIsRefusedByName() throws ModelFormatException {
    FlexMap map = FlexMap.root(bytes(FlexWriter.write(Map.of("axis", "two", "n", 1L << 40, "f", 0.5, "b", 2), 8)));
    assertRefused("attribute 'axis' should be a whole number, found the text 'two'", () -> map.i32("axis", 0));
    assertRefused("attribute 'n' should be a number of 32 bits, found the number 1099511627776", () -> map.i32("n", 0));
    assertRefused("attribute 'f' should be a whole number, found the number 0.5", () -> map.i64("f", 0));
    assertRefused("attribute 'b' should be a truth value, found the number 2", () -> map.bool("b", false));
    assertRefused("attribute 'f' should be text", () -> map.string("f", ""));
    assertRefused("attribute 'axis' should be a number", () -> map.f64("axis", 0));
  }

  @Test
  void aRootOfAnotherKindOrWidthIsRefused() {
    byte[] good = FlexWriter.write(Map.of("a", 1), 1);
    assertRefused("attributes should be a map, found a list of 1",
        () -> FlexMap.root(bytes(FlexWriter.write(List.of(1), 1))));
    for (int width : new int[] {0, 3, 5, 255}) {
      byte[] bad = good.clone();
      bad[bad.length - 1] = (byte) width;
      assertRefused("root should be 1, 2, 4 or 8 bytes wide, found " + width, () -> FlexMap.root(bytes(bad)));
    }
    assertRefused("should have 3 bytes or more", () -> FlexMap.root(bytes(new byte[] {1, 1})));
    assertRefused("a FlexBuffer's root needs 8 bytes", () -> FlexMap.root(bytes(new byte[] {0, 9 << 2, 8})));
    byte[] unknown = good.clone();
    unknown[unknown.length - 2] = 30 << 2;
    assertRefused("has the type 30, which is not known", () -> FlexMap.root(bytes(unknown)));
  }

  @Test
  void offsetsBeforeTheStartAndCountsBeyondTheEndAreRefused() {
    byte[] good = FlexWriter.write(Map.of("a", 1), 1); // a 0 | 1 | key offset | keys offset, width, count | value, type
    byte[] offset = good.clone();
    offset[offset.length - 3] = (byte) 200;
    assertRefused("offset should point at most 9 bytes back, found 200", () -> FlexMap.root(bytes(offset)));
    byte[] count = good.clone();
    count[6] = (byte) 250;
    assertRefused("a list of 250 values of 2 bytes does not fit", () -> FlexMap.root(bytes(count)));
    byte[] keyWidth = good.clone();
    keyWidth[5] = 3;
    assertRefused("a map's keys should be 1, 2, 4 or 8 bytes wide, found 3", () -> FlexMap.root(bytes(keyWidth)));
    byte[] keyCount = good.clone();
    keyCount[2] = 0;
    assertRefused("a map of 1 values should have as many keys", () -> FlexMap.root(bytes(keyCount)));
  }

  /** Each level holds the level below twice: 2^63 values in a few hundred bytes. */
  @Test
  void valuesThatAreSharedWithoutEndAreRefused() {
    var buffer = new ArrayList<Byte>(List.of((byte) 1, (byte) 7, (byte) (1 << 2)));
    int vector = 1; // place of the vector below
    for (int level = 0; level < 60; level++) {
      buffer.add((byte) 2);
      int start = buffer.size();
      buffer.add((byte) (start - vector));
      buffer.add((byte) (start + 1 - vector));
      buffer.add((byte) (10 << 2));
      buffer.add((byte) (10 << 2));
      vector = start;
    }
    buffer.add((byte) (buffer.size() - vector));
    buffer.add((byte) (10 << 2));
    buffer.add((byte) 1);
    var content = new byte[buffer.size()];
    for (int i = 0; i < content.length; i++) {
      content[i] = buffer.get(i);
    }
    assertRefused("one is shared too often", () -> FlexMap.root(bytes(content)));
  }

  @Test
  void deepNestingIsRefused() {
    Object nested = 1;
    for (int i = 0; i < 100; i++) {
      nested = List.of(nested);
    }
    byte[] content = FlexWriter.write(Map.of("deep", nested), 2);
    assertRefused("should nest at most 64 deep", () -> FlexMap.root(bytes(content)));
  }

  @Test
  void everyCutAndEveryFlippedByteIsReadOrRefused() {
    byte[] good = FlexWriter.write(
        Map.of("scale", 0.5, "name", "x", "list", List.of(1, "y"), "map", Map.of("z", true)), 8);
    int refused = 0;
    for (int cut = 1; cut < good.length; cut++) {
      refused += isRefused(Arrays.copyOf(good, cut)) ? 1 : 0;
    }
    for (int at = 0; at < good.length; at++) {
      for (int value : new int[] {0, 1, 0x7F, 0x80, 0xFF}) {
        byte[] bad = good.clone();
        bad[at] = (byte) value;
        refused += isRefused(bad) ? 1 : 0;
      }
    }
    assertTrue(refused > good.length / 2, "refused: " + refused);
  }

  private static boolean isRefused(byte[] content) {
    try {
      FlexMap.root(bytes(content));
      return false;
    } catch (ModelFormatException e) {
      return true;
    }
  }
}
