package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Sessions that begin as a copy of another one. */
class SessionForkTest {
  @Test
  void aForkAndItsOriginalGoTheirOwnWays() throws Exception {
    for (SampleModel sample : SampleModel.all()) {
      try (Model model = sample.load("vector")) {
        for (int shared : sample.positions()) {
          int[] tokens = sample.tokens(1, shared);
          int[] one = sample.tokens(2, 12);
          int[] other = sample.tokens(3, 12);
          try (Session original = model.newSession(); Session first = model.newSession();
              Session second = model.newSession()) {
            SampleModel.logits(original, tokens);
            SampleModel.logits(first, tokens);
            SampleModel.logits(second, tokens);
            try (Session fork = original.fork()) {
              String where = sample.name() + " after " + shared;
              assertEquals(shared, fork.position(), where);
              for (int i = 0; i < one.length; i += 4) { // in turns
                int[] next = Arrays.copyOfRange(one, i, i + 4);
                int[] otherNext = Arrays.copyOfRange(other, i, i + 4);
                assertArrayEquals(SampleModel.logits(first, next), SampleModel.logits(original, next), where);
                assertArrayEquals(SampleModel.logits(second, otherNext), SampleModel.logits(fork, otherNext), where);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void aForkLivesOnWhenItsOriginalAndTheModelAreClosed() throws IOException {
    Model model = DemoModel.load();
    Session original = model.newSession();
    original.prefill(DemoModel.PROMPT);
    try (Session fork = original.fork()) {
      original.close();
      model.close();
      assertThrows(IllegalStateException.class, original::fork);
      try (TokenStream stream = fork.generate(new int[] {DemoModel.ANSWER[0]}, GenerationOptions.GREEDY)) {
        assertEquals(DemoModel.ANSWER[1], stream.next().id());
      }
    }
  }

  @Test
  void aForkGoesBackAsItsOriginalDoes() throws Exception {
    for (SampleModel sample : SampleModel.all()) {
      try (Model model = sample.load("vector"); Session original = model.newSession();
          Session fresh = model.newSession()) {
        int fed = Math.min(30, model.contextLength() - 8);
        int[] tokens = sample.tokens(1, fed);
        SampleModel.logits(original, tokens);
        try (Session fork = original.fork()) {
          for (int back : new int[] {fed - 2, fed / 2 + 1, 3}) {
            fork.rewind(back);
            fresh.rewind(0);
            fresh.prefill(Arrays.copyOf(tokens, back));
            int[] more = sample.tokens(back, 8);
            assertArrayEquals(SampleModel.logits(fresh, more), SampleModel.logits(fork, more), sample.name());
          }
        }
      }
    }
  }

  @Test
  void aForkAtTheEndOfTheContextIsFullToo() throws IOException {
    try (Model model = DemoModel.load(); Session original = model.newSession(DemoModel.PROMPT.length)) {
      original.prefill(DemoModel.PROMPT);
      try (Session fork = original.fork()) {
        assertEquals(0, fork.remaining());
        var e = assertThrows(ContextOverflowException.class, () -> fork.prefill(new int[] {5}));
        assertEquals(0, e.available());
      }
    }
  }
}
