package io.picaflor.prompt;

import io.picaflor.model.LlmMetadata;
import io.picaflor.tokenizer.PromptPart;
import io.picaflor.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokens that begin a text, end an answer, or are never chosen, as the file's metadata have them. Immutable.
 *
 * <p>A token that is given as text is the piece of that name, or else whatever the text is tokenized to; without a tokenizer
 * it is left out.
 *
 * @param start the token before all text
 * @param stops what ends an answer: each a token, or a sequence of several
 * @param suppressed ids that are never chosen
 */
public record SpecialTokens(OptionalInt start, List<int[]> stops, int[] suppressed) {

  /** None at all, for a file that says nothing. */
  public static final SpecialTokens NONE = new SpecialTokens(OptionalInt.empty(), List.of(), new int[0]);

  /** What the metadata say, in the tokenizer's ids. */
  public static SpecialTokens of(LlmMetadata metadata, Optional<Tokenizer> tokenizer) {
    OptionalInt start = OptionalInt.empty();
    if (metadata.startToken().isPresent()) {
      int[] ids = ids(metadata.startToken().get(), tokenizer);
      start = ids.length == 0 ? OptionalInt.empty() : OptionalInt.of(ids[0]);
    }
    List<int[]> stops = new ArrayList<>();
    for (LlmMetadata.Token token : metadata.stopTokens()) {
      int[] ids = ids(token, tokenizer);
      if (ids.length > 0) {
        stops.add(ids);
      }
    }
    int[] suppressed = metadata.suppressTokens().stream().mapToInt(Integer::intValue).toArray();
    return new SpecialTokens(start, List.copyOf(stops), suppressed);
  }

  private static int[] ids(LlmMetadata.Token token, Optional<Tokenizer> tokenizer) {
    return switch (token) {
      case LlmMetadata.Token.Ids ids -> ids.ids().stream().mapToInt(Integer::intValue).toArray();
      case LlmMetadata.Token.Text text -> {
        if (tokenizer.isEmpty()) {
          yield new int[0];
        }
        OptionalInt piece = tokenizer.get().idOf(text.text());
        yield piece.isPresent()
            ? new int[] {piece.getAsInt()}
            : tokenizer.get().encode(List.of(new PromptPart(text.text(), true)));
      }
    };
  }
}
