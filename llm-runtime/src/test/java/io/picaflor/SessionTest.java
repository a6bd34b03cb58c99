package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.PromptPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions and streams on the demo model, whose answers LiteRT gave. */
class SessionTest {
  private static final GenerationOptions GREEDY = GenerationOptions.GREEDY.withMaxNewTokens(16);

  private static Model model;
  private Session session;

  @BeforeAll
  static void load() throws IOException {
    model = DemoModel.load();
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @BeforeEach
  void open() {
    session = model.newSession();
  }

  @AfterEach
  void close() {
    session.close();
  }

  private static int[] ids(TokenStream stream) {
    try (stream) {
      List<Integer> ids = new ArrayList<>();
      stream.forEachRemaining(token -> ids.add(token.id()));
      return ids.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  @Test
  void generatesWhatLiteRtGenerates() {
    assertArrayEquals(DemoModel.ANSWER, ids(session.generate(DemoModel.PROMPT, GREEDY)));
  }

  @Test
  void ignoredStopTokensAreTokensLikeAnyOther() {
    TokenStream stopped = session.generate(DemoModel.PROMPT, GREEDY.withMaxNewTokens(400));
    int length = ids(stopped).length;
    assertEquals(FinishReason.STOP_TOKEN, stopped.finishReason().orElseThrow());
    session.rewind(0);
    TokenStream goesOn =
        session.generate(DemoModel.PROMPT, GREEDY.withMaxNewTokens(length + 3).withIgnoreStopTokens(true));
    assertEquals(length + 3, ids(goesOn).length);
    assertEquals(FinishReason.MAX_TOKENS, goesOn.finishReason().orElseThrow());
  }

  @Test
  void theStartTokenIsTheOneThatTextIsGivenFirst() {
    assertEquals(DemoModel.PROMPT[0], model.startToken().orElseThrow());
  }

  @Test
  void textIsTheTokensTextAndTheStartTokenIsPutOnce() {
    TokenStream stream = session.generate("Once upon a time", GREEDY);
    StringBuilder text = new StringBuilder();
    for (Token token : stream) {
      text.append(token.text());
    }
    assertEquals(text.toString(), stream.text());
    assertEquals(1 + model.tokenizer().orElseThrow().encode("Once upon a time").length, stream.promptTokens());
    assertEquals(FinishReason.MAX_TOKENS, stream.finishReason().orElseThrow());
  }

  @Test
  void aPromptInPiecesGivesTheAnswerOfTheWhole() {
    int[] first = Arrays.copyOfRange(DemoModel.PROMPT, 0, 7);
    int[] rest = Arrays.copyOfRange(DemoModel.PROMPT, 7, DemoModel.PROMPT.length);
    session.generate(first, GREEDY).close();
    assertEquals(0, session.position(), "a stream that computed nothing leaves nothing");
    try (TokenStream stream = session.generate(first, GREEDY)) {
      assertTrue(stream.hasNext());
    }
    assertEquals(7, session.position(), "the token that was not taken is forgotten");
    assertArrayEquals(DemoModel.ANSWER, ids(session.generate(rest, GREEDY)));
  }

  @Test
  void aPromptThatPartsFromTheContextEarlyIsAnsweredAsInAFreshSession() {
    List<PromptPart> old = List.of(new PromptPart("Once upon a time, there was a", false));
    List<PromptPart> other =
        List.of(new PromptPart("Once upon a hill lived a small bird, and every day it sang to the", false));
    ids(session.generate(old, GREEDY));
    try (Session fresh = model.newSession()) {
      assertArrayEquals(ids(fresh.generate(other, GREEDY)), ids(session.generate(other, GREEDY)));
    }
  }

  @Test
  void closedEarlyItGoesOnAfterTheLastTokenHandedOut() {
    try (TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY)) {
      for (int i = 0; i < 4; i++) {
        assertEquals(DemoModel.ANSWER[i], stream.next().id());
      }
      assertTrue(stream.hasNext(), "one more is computed and not taken");
    }
    assertEquals(DemoModel.PROMPT.length + 4, session.position());
    int[] next = {DemoModel.ANSWER[4]};
    assertArrayEquals(Arrays.copyOfRange(DemoModel.ANSWER, 5, 16),
        ids(session.generate(next, GREEDY.withMaxNewTokens(11))));
  }

  @Test
  void rewindForgetsAndTheSameAnswerComesAgain() {
    ids(session.generate(DemoModel.PROMPT, GREEDY));
    session.rewind(3);
    int[] rest = Arrays.copyOfRange(DemoModel.PROMPT, 3, DemoModel.PROMPT.length);
    assertArrayEquals(DemoModel.ANSWER, ids(session.generate(rest, GREEDY)));
    assertThrows(IllegalArgumentException.class, () -> session.rewind(1000));
  }

  @Test
  void aPromptOfExactlyTheContextYieldsOneToken() {
    try (Session small = model.newSession(DemoModel.PROMPT.length)) {
      TokenStream stream = small.generate(DemoModel.PROMPT, GREEDY);
      assertEquals(DemoModel.ANSWER[0], stream.next().id());
      assertFalse(stream.hasNext());
      assertEquals(FinishReason.CONTEXT_FULL, stream.finishReason().orElseThrow());
    }
  }

  @Test
  void theContextIsUsedToItsLastSlot() {
    try (Session small = model.newSession(DemoModel.PROMPT.length + 3)) {
      assertArrayEquals(Arrays.copyOf(DemoModel.ANSWER, 4), ids(small.generate(DemoModel.PROMPT, GREEDY)));
    }
  }

  @Test
  void aPromptLongerThanTheContextIsRefusedWithBothNumbers() {
    try (Session small = model.newSession(10)) {
      var e = assertThrows(ContextOverflowException.class, () -> small.generate(DemoModel.PROMPT, GREEDY));
      assertEquals("the prompt has 18 tokens, but the context of 10 has room for 10; shorten the prompt",
          e.getMessage());
      assertEquals(0, small.position());
    }
  }

  @Test
  void aContextLongerThanTheModelsIsRefusedWithBothNumbers() {
    var e = assertThrows(IllegalArgumentException.class, () -> model.newSession(513));
    assertEquals("context: expected 1 to 512 tokens (the model's limit), found 513", e.getMessage());
  }

  @Test
  void nonsenseIsRefusedBeforeAnyWork() {
    assertThrows(IllegalArgumentException.class, () -> session.generate("", GREEDY));
    assertThrows(IllegalArgumentException.class, () -> session.generate(new int[0], GREEDY));
    var e = assertThrows(IllegalArgumentException.class, () -> session.generate(new int[] {2, 2048}, GREEDY));
    assertEquals("token id 2048 is outside the vocabulary of 0 to 2047", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> session.generate(new int[] {-1}, GREEDY));
    assertEquals(0, session.position());
  }

  @Test
  void aStopTokenEndsTheAnswerAndIsNotHandedOut() {
    int[] tokens = ids(session.generate(DemoModel.PROMPT, GenerationOptions.GREEDY.withMaxNewTokens(400)));
    assertTrue(tokens.length > 16 && tokens.length < 400, "the story ends by itself: " + tokens.length);
    assertTrue(Arrays.stream(tokens).noneMatch(id -> id == 1 || id == 5));
  }

  @Test
  void aStopTextEndsTheAnswerBeforeItAndHoldsNothingElseBack() {
    String whole = text(GREEDY);
    int at = whole.indexOf("fox");
    assertTrue(at > 0, whole);
    TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY.withStopSequence("fox").withStopSequence("nowhere"));
    StringBuilder text = new StringBuilder();
    stream.forEachRemaining(token -> text.append(token.text()));
    assertEquals(whole.substring(0, at), text.toString());
    assertEquals(FinishReason.STOP_SEQUENCE, stream.finishReason().orElseThrow());
    // A text that almost comes up must come out whole.
    session.rewind(0);
    assertEquals(whole, text(GREEDY.withStopSequence("foxes")));
  }

  private String text(GenerationOptions options) {
    try (Session fresh = model.newSession();
        TokenStream stream = fresh.generate(DemoModel.PROMPT, options)) {
      stream.forEachRemaining(token -> {});
      return stream.text();
    }
  }

  @Test
  void theSameSeedGivesTheSameTokensAndAnotherOneOthers() {
    GenerationOptions drawn = GREEDY.withTemperature(1.5).withSeed(7);
    assertEquals(text(drawn), text(drawn));
    assertNotEquals(text(drawn), text(drawn.withSeed(8)));
  }

  @Test
  void cancelEndsTheStreamBeforeItsNextStep() {
    TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY);
    stream.next();
    stream.cancel();
    assertFalse(stream.hasNext());
    assertEquals(FinishReason.CANCELLED, stream.finishReason().orElseThrow());
    assertArrayEquals(
        Arrays.copyOfRange(DemoModel.ANSWER, 2, 16),
        ids(session.generate(new int[] {DemoModel.ANSWER[1]}, GREEDY.withMaxNewTokens(14))),
        "the session stays usable");
  }

  @Test
  void anInterruptEndsTheStreamInThePrompt() {
    TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY);
    Thread.currentThread().interrupt();
    assertFalse(stream.hasNext());
    assertTrue(Thread.interrupted());
    assertEquals(FinishReason.CANCELLED, stream.finishReason().orElseThrow());
    stream.close();
    assertEquals(0, session.position());
  }

  @Test
  void aSecondThreadIsRefusedWhileOneIsInTheSession() throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread other = new Thread(() -> session.score(DemoModel.PROMPT, (index, logits) -> {
      inside.countDown();
      try {
        tried.await();
      } catch (InterruptedException e) {
        failure.set(e);
      }
    }));
    other.start();
    inside.await();
    assertThrows(IllegalStateException.class, () -> session.generate(DemoModel.PROMPT, GREEDY));
    tried.countDown();
    other.join();
    assertEquals(null, failure.get());
  }

  @Test
  void sessionsOfOneModelDoNotDisturbEachOther() {
    try (Session other = model.newSession();
        TokenStream one = session.generate(DemoModel.PROMPT, GREEDY);
        TokenStream two = other.generate("Once upon a time", GREEDY)) {
      for (int expected : DemoModel.ANSWER) {
        assertEquals(expected, one.next().id());
        two.next();
      }
    }
  }

  @Test
  void aClosedModelServesItsOpenSessionsAndTakesNoNewOnes() throws IOException {
    Model own = DemoModel.load();
    Session last = own.newSession();
    own.close();
    own.close();
    assertThrows(IllegalStateException.class, own::newSession);
    assertArrayEquals(DemoModel.ANSWER, ids(last.generate(DemoModel.PROMPT, GREEDY)));
    last.close();
    last.close();
    assertThrows(IllegalStateException.class, () -> last.generate(DemoModel.PROMPT, GREEDY));
  }

  @Test
  void timingsTellEachPhase() {
    TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY);
    assertTrue(stream.timings().timeToFirstToken().isEmpty());
    ids(stream);
    Timings timings = stream.timings();
    assertEquals(18, timings.prefillTokens());
    assertEquals(15, timings.decodeTokens());
    assertTrue(timings.prefillTokensPerSecond() > 0 && timings.decodeTokensPerSecond() > 0);
    assertTrue(timings.timeToFirstToken().orElseThrow().compareTo(timings.prefill()) >= 0);
    assertEquals("plan", timings.network());
    if (System.getProperty("os.name").equals("Linux")) {
      assertTrue(timings.peakResidentBytes().orElseThrow() > timings.peakAnonymousBytes().orElseThrow() / 2);
    }
  }
}
