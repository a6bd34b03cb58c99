package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.RunMemo;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Words that come again give the ids that they gave, though they are not merged anew. */
class RepeatedWordsTest {
  static List<byte[]> files() {
    return List.of(TinyTokenizers.sentencePieceBpe(), TinyTokenizers.byteLevel("null", TinyTokenizers.LLAMA3_PATTERN));
  }

  @ParameterizedTest
  @MethodSource("files")
  void aLongTextIsItsWords(byte[] file) {
    Tokenizer tokenizer = TinyTokenizers.read(file);
    List<String> words = List.of(" the", " hummingbirds", " flöwer", " 蜂鸟停在红花", " xqzzy", " kolibrikolibri", " 😀");
    StringBuilder text = new StringBuilder();
    IntList expected = new IntList(64);
    Random random = new Random(4);
    for (int i = 0; i < 1000; i++) {
      String word = words.get(random.nextInt(words.size()));
      text.append(word);
      Arrays.stream(tokenizer.encode(word)).forEach(expected::add); // by itself, it is merged anew
    }
    assertArrayEquals(expected.toArray(), tokenizer.encode(text.toString()));
  }

  @Test
  void aRunIsRecalledByItsBytesAlone() {
    RunMemo memo = new RunMemo();
    Random random = new Random(2);
    byte[] text = new byte[4096 + Utf8Buffer.SLACK];
    random.nextBytes(text);
    int recalled = 0;
    for (int i = 0; i < 20_000; i++) {
      int from = random.nextInt(300);
      int length = 6 + random.nextInt(25);
      IntList found = new IntList(8);
      int[] expected = ids(from, length);
      if (memo.recall(text, from, length, found)) {
        assertArrayEquals(expected, found.toArray());
        recalled++;
      } else {
        IntList made = new IntList(8);
        made.add(-7);
        for (int id : expected) {
          made.add(id);
        }
        memo.remember(text, from, length, made, 1);
      }
    }
    assertTrue(recalled > 1000, "recalled " + recalled);
  }

  private static int[] ids(int from, int length) {
    return new Random(from * 1000L + length).ints(1 + length % 10).toArray();
  }

  @Test
  void whatIsLongOrBecomesManyIsNotRemembered() {
    RunMemo memo = new RunMemo();
    byte[] text = new byte[64];
    IntList many = new IntList(16);
    for (int i = 0; i < 16; i++) {
      many.add(i);
    }
    for (int i = 0; i < 100; i++) {
      memo.remember(text, 0, 40, many, 15);
      memo.remember(text, 0, 10, many, 0);
      memo.remember(text, 0, 5, many, 15);
    }
    assertFalse(memo.recall(text, 0, 40, many));
    assertFalse(memo.recall(text, 0, 10, many));
    assertTrue(memo.recall(text, 0, 5, many));
  }
}
