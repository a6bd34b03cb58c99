package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The prepared form gives what the file gives, and a damaged one is refused before it can give anything else. */
class PreparedTokenizerTest {
  private static final int CHECKSUM_AT = 12;
  private static final int CHECKED_FROM = 16;

  static List<byte[]> files() {
    return DamagedTokenizersTest.files();
  }

  private static byte[] prepared(byte[] file) throws TokenizerFormatException {
    return PreparedTokenizer.prepare(MemorySegment.ofArray(file)).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Opens a copy outside of the heap, where forms lie that are mapped. */
  private static Tokenizer open(byte[] form) throws TokenizerFormatException {
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, form.length)).asSlice(0, form.length);
    MemorySegment.copy(form, 0, memory, ValueLayout.JAVA_BYTE, 0, form.length);
    return PreparedTokenizer.open(memory.asReadOnly());
  }

  @ParameterizedTest
  @MethodSource("files")
  void givesWhatTheFileGivesForAnyTextAndIds(byte[] file) throws TokenizerFormatException {
    Tokenizer parsed = TinyTokenizers.read(file);
    Tokenizer opened = open(prepared(file));
    assertEquals(parsed.vocabularySize(), opened.vocabularySize());
    for (int id = 0; id < parsed.vocabularySize(); id++) {
      String piece = parsed.pieceOf(id);
      assertEquals(piece, opened.pieceOf(id));
      assertEquals(parsed.isSpecial(id), opened.isSpecial(id), piece);
      assertEquals(parsed.idOf(piece), opened.idOf(piece), piece);
    }
    RandomTexts texts = new RandomTexts(23);
    for (int i = 0; i < 400; i++) {
      String text = texts.next();
      assertArrayEquals(parsed.encode(text), opened.encode(text), text);
      assertEquals(parsed.idOf(text), opened.idOf(text), text);
      List<PromptPart> parts = List.of(new PromptPart(texts.next(), true), new PromptPart(text, false),
          new PromptPart(texts.next(), texts.random().nextBoolean()));
      assertArrayEquals(parsed.encode(parts), opened.encode(parts), () -> parts.toString());
      assertStreamsAlike(parsed, opened, texts.ids(parsed.vocabularySize()), texts.random().nextBoolean());
    }
  }

  private static void assertStreamsAlike(Tokenizer parsed, Tokenizer opened, int[] ids, boolean skipSpecial) {
    StreamingDecoder expected = parsed.newDecoder(skipSpecial);
    StreamingDecoder found = opened.newDecoder(skipSpecial);
    for (int id : ids) {
      assertEquals(expected.append(id), found.append(id), () -> Arrays.toString(ids));
    }
    assertEquals(expected.finish(), found.finish(), () -> Arrays.toString(ids));
  }

  @ParameterizedTest
  @MethodSource("files")
  void equalFilesHaveEqualForms(byte[] file) throws TokenizerFormatException {
    assertArrayEquals(prepared(file), prepared(file.clone()));
  }

  @Test
  void settingsOfEveryKindAreKept() throws TokenizerFormatException {
    byte[] file = TinyTokenizers.byteLevel("""
        {"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\\ud83d"},{"type":"Strip","strip_left":true,
        "strip_right":false},{"type":"Replace","pattern":{"Regex":"x+"},"content":"\\u0000y"}]}""",
        TinyTokenizers.LLAMA3_PATTERN);
    Tokenizer parsed = TinyTokenizers.read(file);
    Tokenizer opened = open(prepared(file));
    for (String text : List.of("axxb ", "  the bird", "x")) {
      assertArrayEquals(parsed.encode(text), opened.encode(text), text);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void aChangedBitAnywhereIsRefused(byte[] file) throws TokenizerFormatException {
    byte[] form = prepared(file);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = form.clone();
      damaged[i < 64 ? i : random.nextInt(form.length)] ^= (byte) (1 << random.nextInt(8));
      assertRefused(damaged);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void aCutAnywhereIsRefused(byte[] file) throws TokenizerFormatException {
    byte[] form = prepared(file);
    for (int length = 0; length < form.length; length += length < 200 ? 1 : 997) {
      assertRefused(Arrays.copyOf(form, length));
    }
    assertRefused(Arrays.copyOf(form, form.length + 1));
  }

  private static void assertRefused(byte[] form) {
    String message = assertThrows(TokenizerFormatException.class, () -> open(form)).getMessage();
    assertTrue(message.startsWith("prepared tokenizer"), message);
  }

  @Test
  void anotherVersionIsNamed() throws TokenizerFormatException {
    byte[] form = prepared(TinyTokenizers.wordPiece());
    form[8]++;
    String message = assertThrows(TokenizerFormatException.class, () -> open(form)).getMessage();
    assertEquals("prepared tokenizer: expected version " + PreparedTokenizer.VERSION + ", found "
        + (PreparedTokenizer.VERSION + 1), message);
  }

  @ParameterizedTest
  @MethodSource("files")
  void aForgedFormIsRefusedOrGivesWrongIdsAndNeverHangs(byte[] file) throws TokenizerFormatException {
    byte[] form = prepared(file);
    Random random = new Random(5);
    int settings = 32 + new Integers(form).at(28);
    for (int i = 0; i < 1500; i++) {
      byte[] forged = form.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int at = CHECKED_FROM + random.nextInt((random.nextBoolean() ? settings : form.length) - CHECKED_FROM);
        forged[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (forged[at] ^ 1 << random.nextInt(8));
      }
      sign(forged);
      try {
        use(open(forged), random);
      } catch (TokenizerFormatException e) {
        assertTrue(e.getMessage() != null && !e.getMessage().contains("\n"), e.getMessage());
      } catch (IndexOutOfBoundsException | IllegalArgumentException _) {
        // Ids and offsets that lead nowhere: found when they are followed.
      }
    }
  }

  /** Reads what the header has. */
  private record Integers(byte[] form) {
    int at(int position) {
      return MemorySegment.ofArray(form).get(ValueLayout.JAVA_INT_UNALIGNED, position);
    }
  }

  private static void sign(byte[] form) {
    CRC32C crc = new CRC32C();
    crc.update(form, CHECKED_FROM, form.length - CHECKED_FROM);
    MemorySegment.ofArray(form).set(ValueLayout.JAVA_INT_UNALIGNED, CHECKSUM_AT, (int) crc.getValue());
  }

  private static void use(Tokenizer tokenizer, Random random) {
    for (String text : List.of("", " the bird ", "Größe 蜂鸟 😀 <|im_end|> 123\n\n\tx", "</s>the <end_of_turn>")) {
      tokenizer.decode(tokenizer.encode(text));
      tokenizer.encode(List.of(new PromptPart(text, true), new PromptPart(text, false)));
    }
    tokenizer.decode(random.ints(20, 0, tokenizer.vocabularySize()).toArray());
  }
}
