package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A graph may give logits for more ids than its tokenizer has pieces, as exporters pad the vocabulary. */
class PaddedVocabularyTest {
  private static final Path PADDED = Path.of("../../shared/models/tiny_llama3_q8.litertlm");

  @Test
  void idsBeyondTheTokenizersPiecesAreTokensWithoutText() throws IOException {
    if (!Files.exists(PADDED)) {
      System.out.println("no ../shared beside the checkout: a padded vocabulary is not tried on a real file");
      try (Model model = DemoModel.load()) {
        assertEquals(model.vocabularySize(), model.tokenizer().orElseThrow().vocabularySize(),
            "the demo model has none");
      }
      return;
    }
    try (Model model = Model.load(PADDED);
        Session session = model.newSession();
        TokenStream stream = session.generate(new int[] {5, 9}, GenerationOptions.GREEDY.withTemperature(9).withSeed(3)
            .withMaxNewTokens(60).withIgnoreStopTokens(true))) {
      int pieces = model.tokenizer().orElseThrow().vocabularySize();
      assertTrue(pieces < model.vocabularySize());
      int padding = 0;
      for (Token token : stream) {
        if (token.id() >= pieces) {
          assertEquals("", token.text());
          padding++;
        }
      }
      assertTrue(padding > 0, "at temperature 9 some of 60 tokens are padding");
    }
  }
}
