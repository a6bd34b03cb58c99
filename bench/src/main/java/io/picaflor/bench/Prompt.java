package io.picaflor.bench;

import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.TokenStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * A prompt of a stated number of tokens: the start token, if it begins a context of a model that has one, and then
 * repetitions of the tokens of " the".
 *
 * <p>Where the text of the repetitions is tokenized to just these tokens, the session is given the text, so that the
 * time to the first token has the tokenizer in it; else the ids.
 */
final class Prompt {
  private static final String WORD = " the";

  private final int[] ids;
  private final Optional<String> text;

  private Prompt(int[] ids, Optional<String> text) {
    this.ids = ids;
    this.text = text;
  }

  /** A prompt for an empty context. */
  static Prompt beginning(Model model, int tokens) {
    if (model.startToken().isEmpty()) {
      return continuing(model, tokens);
    }
    Prompt rest = continuing(model, tokens - 1);
    int[] ids = new int[tokens];
    ids[0] = model.startToken().getAsInt();
    System.arraycopy(rest.ids, 0, ids, 1, tokens - 1);
    return new Prompt(ids, rest.text);
  }

  /** A prompt for a context that has tokens already. */
  static Prompt continuing(Model model, int tokens) {
    int[] word = model.tokenizer().map(tokenizer -> tokenizer.encode(WORD)).orElse(new int[] {1});
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = word[i % word.length];
    }
    String text = WORD.repeat(tokens / word.length);
    boolean same = tokens > 0
        && model.tokenizer().map(tokenizer -> Arrays.equals(ids, tokenizer.encode(text))).orElse(false);
    return new Prompt(ids, same ? Optional.of(text) : Optional.empty());
  }

  /** Whether the session is given text. */
  boolean isText() {
    return text.isPresent();
  }

  /** Its tokens. */
  int[] ids() {
    return ids.clone();
  }

  /** Begins to generate what follows. */
  TokenStream feed(Session session, GenerationOptions options) {
    return text.isPresent() ? session.generate(text.get(), options) : session.generate(ids, options);
  }
}
