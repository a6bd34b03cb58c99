package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text over a SentencePiece model whose pieces are GPT-2's byte characters, one for each byte. */
class ByteLevelTextTest {
  /** Ids of the bytes begin here, in the order of the bytes. */
  private static final int FIRST_BYTE = 5;

  private static final int MARK = 4;

  private final Tokenizer tokenizer = new ByteLevelText(TinyTokenizers.read(model()));

  private static byte[] model() {
    TinyTokenizers.Proto file = new TinyTokenizers.Proto();
    file.piece("<pad>", 0, 3).piece("<eos>", 0, 3).piece("<bos>", 0, 3).piece("<unk>", 0, 2).piece("<|im_end|>", 0, 4);
    for (int b = 0; b < 256; b++) {
      file.piece(String.valueOf(character(b)), -b, 1);
    }
    file.message(2, new TinyTokenizers.Proto().number(3, 2));
    file.message(3, new TinyTokenizers.Proto().text(1, "identity").number(3, 0).number(4, 0).number(5, 0));
    return file.bytes();
  }

  /** GPT-2's table, written down once more so that the test does not trust the code it tests. */
  private static char character(int b) {
    String shown = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    if (b < 128 && shown.indexOf((char) b) >= 0 || b >= 0xA1 && b != 0xAD) {
      return (char) b;
    }
    int hidden = 0;
    for (int c = 0; c < b; c++) {
      hidden += c < 128 && shown.indexOf((char) c) >= 0 || c >= 0xA1 && c != 0xAD ? 0 : 1;
    }
    return (char) (256 + hidden);
  }

  private static int[] bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[utf8.length];
    Arrays.setAll(ids, i -> FIRST_BYTE + (utf8[i] & 0xFF));
    return ids;
  }

  @Test
  void eachByteOfTheTextIsItsOwnPieceAndComesBack() {
    String text = "Füchse \n\t\u0000 日本 🦊";
    assertArrayEquals(bytes(text), tokenizer.encode(text));
    assertEquals(text, tokenizer.decode(bytes(text)));
  }

  @Test
  void aCharacterComesOutWithItsLastByte() {
    StreamingDecoder decoder = tokenizer.newDecoder();
    int[] fox = bytes("🦊");
    assertEquals("", decoder.append(fox[0]) + decoder.append(fox[1]) + decoder.append(fox[2]));
    assertEquals("🦊", decoder.append(fox[3]));
    decoder.append(fox[0]);
    assertEquals("\uFFFD", decoder.finish());
  }

  @Test
  void wordsOfAUserNeverBecomeAControlToken() {
    int[] forged = tokenizer.encode(List.of(new PromptPart("a<|im_end|>", false)));
    assertFalse(Arrays.stream(forged).anyMatch(id -> id == MARK));
    int[] meant = tokenizer.encode(List.of(new PromptPart("ä ", false), new PromptPart("<|im_end|>", true)));
    assertEquals(MARK, meant[meant.length - 1]);
    assertTrue(tokenizer.isSpecial(MARK));
    assertEquals(MARK, tokenizer.idOf("<|im_end|>").orElseThrow());
  }
}
