package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.TinyDecoder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * How tokens are fed to a small model of our own: in chunks, one by one, back and forth, up to the end of the context.
 */
class ReferenceExecutorTest {
  private static final int S = TinyDecoder.S;
  private static Workers workers;
  private static Arena arena;
  private static ReferenceNetwork chunked;
  private static ReferenceNetwork single;
  private static ReferenceNetwork recurrent;

  @BeforeAll
  static void load() throws IOException {
    workers = new Workers(1);
    arena = Arena.ofShared();
    chunked = network(TinyDecoder.file(4, 8));
    single = network(TinyDecoder.outside());
    recurrent = network(TinyDecoder.recurrent(4));
  }

  @AfterAll
  static void close() {
    arena.close();
    workers.close();
  }

  private static ReferenceNetwork network(byte[] file) throws IOException {
    return new ReferenceNetwork(
        ModelFile.of("model", MemorySegment.ofArray(file)), Kernels.choose(null), workers, arena);
  }

  private static int[] tokens(int count) {
    return new Random(count).ints(count, 0, TinyDecoder.V).toArray();
  }

  private static float[] decode(Executor executor, int token) {
    return executor.decode(token).toArray(ValueLayout.JAVA_FLOAT);
  }

  /** The logits after these tokens, fed one by one to a model without prefill. */
  private static float[] expected(int... fed) {
    try (Executor executor = single.newExecutor(S)) {
      float[] logits = null;
      for (int token : fed) {
        logits = decode(executor, token);
      }
      return logits;
    }
  }

  private static int[] first(int[] tokens, int count) {
    return Arrays.copyOf(tokens, count);
  }

  @Test
  void theFileTellsVocabularyAndContext() {
    assertEquals(TinyDecoder.V, chunked.vocabularySize());
    assertEquals(S, chunked.contextLength());
    assertEquals("reference", chunked.description());
  }

  @Test
  void logitsDependOnTokensAndPositions() {
    assertFalse(Arrays.equals(expected(1, 2, 3), expected(2, 1, 3)));
    assertFalse(Arrays.equals(expected(3), expected(3, 3)));
    int[] all = tokens(S);
    for (int i = 0; i < S; i++) { // else other tests would not see that one is lost
      int[] other = all.clone();
      other[i] = (all[i] + 1) % TinyDecoder.V;
      float difference = 0;
      for (int id = 0; id < TinyDecoder.V; id++) {
        difference = Math.max(difference, Math.abs(expected(all)[id] - expected(other)[id]));
      }
      assertTrue(difference > 0.01, "position " + i + " moves logits by " + difference);
    }
  }

  @Test
  void prefillInAnyChunksGivesTheLogitsOfDecodeBitForBit() {
    for (int count = 1; count <= S; count++) {
      int[] all = tokens(count);
      for (int before = 0; before < count; before++) {
        try (Executor executor = chunked.newExecutor(S)) {
          for (int i = 0; i < before; i++) {
            executor.decode(all[i]);
          }
          int[] middle = Arrays.copyOfRange(all, before, count - 1);
          assertEquals(middle.length, executor.prefill(middle, () -> false));
          assertEquals(count - 1, executor.position());
          assertArrayEquals(expected(all), decode(executor, all[count - 1]), count + " tokens, prefill from " + before);
        }
      }
    }
  }

  @Test
  void prefillTakesFullSignaturesThenAPaddedOne() {
    assertEquals(1, chunks(chunked, 0, tokens(8)));
    assertEquals(2, chunks(chunked, 0, tokens(12)));
    assertEquals(2, chunks(chunked, 0, tokens(11))); // 8, and 3 of 4
    assertEquals(2, chunks(chunked, 0, tokens(9))); // 8, and one decoded
    assertEquals(1, chunks(chunked, 12, tokens(4))); // the last four slots exactly
    assertEquals(3, chunks(chunked, 13, tokens(3))); // four rows would be moved back over good ones
  }

  /** How many runs a prefill takes: it asks before each whether it is cancelled. */
  private static int chunks(ReferenceNetwork network, int from, int[] tokens) {
    AtomicInteger runs = new AtomicInteger();
    try (Executor executor = network.newExecutor(S)) {
      executor.prefill(tokens(from), () -> false);
      executor.prefill(tokens, () -> {
        runs.incrementAndGet();
        return false;
      });
    }
    return runs.get();
  }

  @Test
  void theLastSlotIsUsedAndNoneBehindIt() {
    int[] all = tokens(S);
    try (Executor executor = chunked.newExecutor(S)) {
      executor.prefill(first(all, S - 1), () -> false);
      assertArrayEquals(expected(all), decode(executor, all[S - 1]));
      assertEquals(S, executor.position());
      var e = assertThrows(IllegalArgumentException.class, () -> executor.decode(1));
      assertEquals("expected at most 0 tokens, found 1", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> executor.prefill(new int[] {1}, () -> false));
      assertEquals(S, executor.position());
    }
    try (Executor executor = chunked.newExecutor(S)) {
      assertEquals(S, executor.prefill(all, () -> false));
      assertThrows(IllegalArgumentException.class, () -> executor.decode(1));
    }
  }

  @Test
  void aShorterContextEndsEarlier() {
    try (Executor executor = chunked.newExecutor(5)) {
      assertEquals(5, executor.contextLength());
      assertThrows(IllegalArgumentException.class, () -> executor.prefill(tokens(6), () -> false));
      assertEquals(0, executor.position());
      int[] five = tokens(5);
      executor.prefill(first(five, 4), () -> false);
      assertArrayEquals(expected(five), decode(executor, five[4]));
      assertThrows(IllegalArgumentException.class, () -> executor.decode(1));
    }
  }

  @Test
  void rewindForgetsWhatWasFedBehindIt() {
    try (Executor executor = chunked.newExecutor(S)) {
      int[] all = tokens(14);
      executor.prefill(all, () -> false);
      assertEquals(5, executor.rewind(5));
      int[] other = first(all, 7);
      other[5] = (all[5] + 1) % TinyDecoder.V;
      executor.decode(other[5]);
      assertArrayEquals(expected(other), decode(executor, other[6]));
      assertEquals(0, executor.rewind(0));
      assertArrayEquals(expected(4), decode(executor, 4));
      assertThrows(IllegalArgumentException.class, () -> executor.rewind(2));
      assertThrows(IllegalArgumentException.class, () -> executor.rewind(-1));
    }
  }

  @Test
  void cancellingStopsBetweenChunksAndCanBeGoneOnFrom() {
    int[] all = tokens(13);
    try (Executor executor = chunked.newExecutor(S)) {
      AtomicInteger asked = new AtomicInteger();
      int fed = executor.prefill(first(all, 12), () -> asked.getAndIncrement() == 1);
      assertEquals(8, fed);
      assertEquals(8, executor.position());
      assertEquals(4, executor.prefill(Arrays.copyOfRange(all, 8, 12), () -> false));
      assertArrayEquals(expected(all), decode(executor, all[12]));
    }
    try (Executor executor = chunked.newExecutor(S)) {
      assertEquals(0, executor.prefill(all, () -> true));
      assertEquals(0, executor.position());
    }
  }

  @Test
  void noTokensAreFedAsNone() {
    try (Executor executor = chunked.newExecutor(S)) {
      assertEquals(0, executor.prefill(new int[0], () -> false));
      assertEquals(0, executor.position());
      assertArrayEquals(expected(0), decode(executor, 0));
      assertArrayEquals(expected(0, 0), decode(executor, 0));
    }
  }

  @Test
  void idsOutsideOfTheVocabularyAreRefusedBeforeAnythingRuns() {
    try (Executor executor = chunked.newExecutor(S)) {
      for (int id : new int[] {-1, TinyDecoder.V}) {
        var e = assertThrows(IllegalArgumentException.class, () -> executor.decode(id));
        assertEquals("token: expected an id of 0 to 12, found " + id, e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> executor.prefill(new int[] {1, 2, 3, 4, id}, () -> false));
      }
      assertEquals(0, executor.position());
      assertArrayEquals(expected(5), decode(executor, 5));
    }
  }

  @Test
  void stateThatIsNoFunctionOfPositionsIsNeverPadded() {
    int[] all = {1, 2, 3, 4, 5, 6, 7};
    try (Executor executor = recurrent.newExecutor(S); Executor one = recurrent.newExecutor(S)) {
      executor.prefill(first(all, 6), () -> false);
      float[] expected = null;
      for (int token : all) {
        expected = decode(one, token);
      }
      assertArrayEquals(expected, decode(executor, all[6]));
    }
    assertEquals(3, chunks(recurrent, 0, first(all, 6))); // 4, and two decoded
    assertEquals(4, chunks(recurrent, 0, new int[] {1, 2, 0, 4})); // token 0 is what padding is
  }

  @Test
  void stateThatIsNoFunctionOfPositionsGoesBackToTheStartOnly() {
    try (Executor executor = recurrent.newExecutor(S)) {
      float[] expected = decode(executor, 3);
      executor.decode(4);
      assertEquals(2, executor.rewind(2));
      assertThrows(IllegalArgumentException.class, () -> executor.rewind(3));
      assertThrows(IllegalArgumentException.class, () -> executor.rewind(-1));
      assertEquals(2, executor.position());
      assertEquals(0, executor.rewind(1));
      assertArrayEquals(expected, decode(executor, 3));
    }
  }

  @Test
  void twoContextsShareNoState() {
    try (Executor a = chunked.newExecutor(S); Executor b = chunked.newExecutor(S)) {
      a.prefill(tokens(8), () -> false);
      b.decode(1);
      float[] logits = decode(a, 2);
      int[] fed = Arrays.copyOf(tokens(8), 9);
      fed[8] = 2;
      assertArrayEquals(expected(fed), logits);
      assertArrayEquals(expected(1, 2), decode(b, 2));
    }
  }

  @Test
  void aClosedContextRefusesAndClosesTwice() {
    Executor executor = chunked.newExecutor(S);
    executor.decode(1);
    executor.close();
    executor.close();
    assertThrows(IllegalStateException.class, () -> executor.decode(1));
  }
}
