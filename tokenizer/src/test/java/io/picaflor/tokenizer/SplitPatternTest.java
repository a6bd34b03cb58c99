package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.pattern.SplitPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions match what a backtracking engine matches, in linear time, or are refused by name. */
class SplitPatternTest {
  private static List<String> found(String expression, String text) throws TokenizerFormatException {
    List<String> found = new ArrayList<>();
    SplitPattern.Finder finder = new SplitPattern(expression).finder(text, 0, text.length());
    while (finder.find()) {
      found.add(finder.start() + ":" + text.substring(finder.start(), finder.end()));
    }
    return found;
  }

  private static List<String> expected(String expression, String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS).matcher(text);
    while (matcher.find()) {
      found.add(matcher.start() + ":" + matcher.group());
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(strings = {"a|ab", "ab|a", "a*", "a*?b", "(a|b)+c", "(?:ab?){2,3}", "a{2}", "a{0,2}b", "[^ab]+",
    "[a-c&&[^b]]+", "\\s+(?!\\S)|\\s+",
    "a++b", "a?+ab", "[ab]++c", "(a*)*b", "(a|a)*b", "a(?=b)", "(?i:ab)+", "\\p{L}+|\\p{N}{1,3}", "[\\p{L}\\p{N}_]+",
    ".+", "a|b*?c|",
    "(?:a?){5}a", "\\x61b|\\u0062", "[\\w\\-]+"})
  void matchesAsABacktrackingEngine(String expression) throws TokenizerFormatException {
    Random random = new Random(3);
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(12); n > 0; n--) {
        text.append("aaabbbccAB _1é\n😀-".charAt(random.nextInt(15)));
      }
      String whole = text.toString().replace('\uD83D', 'x');
      assertEquals(expected(expression, whole), found(expression, whole), whole);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"(a*)*b", "(a|a)*b", "a*b", "a|a*b", "(?:a?){30}a{30}b", "(.*)(.*)(.*)=", "\\s+$", "[ab]*c|a",
    "((((((){1000}){1000}){1000}){1000}){1000}){1000}a"})
  void hostileExpressionsTakeLinearTime(String expression) throws TokenizerFormatException {
    SplitPattern pattern = new SplitPattern(expression);
    String text = "a".repeat(200_000) + " ".repeat(50_000);
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
      int end = 0;
      for (SplitPattern.Finder finder = pattern.finder(text, 0, text.length()); finder.find();) {
        assertTrue(finder.end() >= end);
        end = finder.end();
      }
    });
  }

  @Test
  void anAutomatonThatOutgrowsItsBoundStillMatches() throws TokenizerFormatException {
    // One of the last 14 characters is remembered: 2^14 states.
    String expression = "[ab]*a[ab]{13}";
    StringBuilder text = new StringBuilder();
    new Random(5).ints(60_000, 0, 2).forEach(i -> text.append(i == 0 ? 'a' : 'b'));
    List<String> found = found(expression, text.toString());
    assertEquals(1, found.size());
    assertEquals("0:" + text.substring(0, text.lastIndexOf("a", text.length() - 14) + 14), found.getFirst());
  }

  @ParameterizedTest
  @ValueSource(strings = {"(?<=a)b", "(?>a+)b", "(a)\\1", "\\bword", "^a", "(?=ab)c", "(?:ab)++", "a{2", "a{5,2}",
    "a{99999}", "[a", "(a", "a)", "\\p{Nonsense}",
    "\\q", "*a", "(?s:a)", "[z-a]", "a\\", "(?i)a", "(a{1000}){1000}", "[[:alpha:]]", "a******"})
  void whatIsNotSupportedIsRefusedByName(String expression) {
    var error = assertThrows(TokenizerFormatException.class, () -> new SplitPattern(expression));
    assertTrue(error.getMessage().startsWith("regular expression") && error.getMessage().contains(expression),
        error.getMessage());
  }

  @Test
  void aClassOfThousandsOfCharactersIsNoDeepRecursion() throws TokenizerFormatException {
    StringBuilder expression = new StringBuilder("[");
    for (char c = 0x4E00; expression.length() < 8000; c++) {
      expression.append(c);
    }
    assertEquals(List.of("1:\u4E00\u4E01"), found(expression + "]+", "a\u4E00\u4E01b"));
  }

  @Test
  void threadsThatShareATokenizerGetTheSameIds() throws Exception {
    byte[] file = TinyTokenizers.byteLevel("null", TinyTokenizers.LLAMA3_PATTERN);
    List<String> texts = Stream.generate(new RandomTexts(13)::next).limit(300).toList();
    Tokenizer alone = TinyTokenizers.read(file);
    List<List<Integer>> expected = texts.stream().map(t -> Arrays.stream(alone.encode(t)).boxed().toList()).toList();
    for (int round = 0; round < 10; round++) {
      Tokenizer shared = TinyTokenizers.read(file); // its automaton is built while all of them run
      try (var threads = Executors.newFixedThreadPool(4)) {
        Callable<List<List<Integer>>> encodeAll =
            () -> texts.stream().map(t -> Arrays.stream(shared.encode(t)).boxed().toList()).toList();
        for (var result : threads.invokeAll(Collections.nCopies(4, encodeAll))) {
          assertEquals(expected, result.get());
        }
      }
    }
  }

  @Test
  void whiteSpaceIsUnicodes() throws TokenizerFormatException {
    assertEquals(List.of("1:\u0085", "3:\u00A0\u2028\u3000\u1680"),
        found("\\s+", "a\u0085b\u00A0\u2028\u3000\u1680c\u200B\uFEFF"));
  }
}
