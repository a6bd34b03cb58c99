package io.picaflor.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.Session;
import io.picaflor.TokenStream;
import io.picaflor.cli.verb.ModelArguments;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Prompts of just so many tokens. */
class PromptTest {
  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    model = Model.load("demo", ModelArguments.demo(), ModelOptions.DEFAULT.withThreads(1));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void aContextBeginsWithTheStartTokenAndTheWord() {
    int[] the = model.tokenizer().orElseThrow().encode(" the");
    int[] ids = Prompt.beginning(model, 9).ids();
    assertEquals(model.startToken().orElseThrow(), ids[0]);
    for (int i = 1; i < 9; i++) {
      assertEquals(the[(i - 1) % the.length], ids[i]);
    }
    assertArrayEquals(Arrays.copyOfRange(ids, 1, 9), Prompt.continuing(model, 8).ids());
  }

  @Test
  void whatTheSessionIsGivenHasJustSoManyTokens() {
    for (int tokens : new int[] {1, 2, 9}) {
      GenerationOptions one = GenerationOptions.GREEDY.withMaxNewTokens(1);
      try (Session session = model.newSession();
          TokenStream stream = Prompt.beginning(model, tokens).feed(session, one)) {
        assertEquals(tokens, stream.promptTokens());
        stream.next();
        assertEquals(tokens, stream.timings().prefillTokens());
      }
    }
  }

  @Test
  void textIsGivenWhereItIsTokenizedToTheWords() {
    assertTrue(Prompt.beginning(model, 9).isText(), "the demo model has a token for the word");
  }
}
