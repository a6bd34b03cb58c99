package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.PromptPart;
import java.util.List;

/**
 * The joined text of a prompt's parts.
 *
 * @param text    the parts' texts, one behind the other
 * @param trusted which of its characters may be read as control tokens
 * @param whole   whether all may
 */
public record Prompt(String text, TrustedRanges trusted, boolean whole) {
  /** A text that is trusted as a whole. */
  public static Prompt trusted(String text) {
    return new Prompt(text, TrustedRanges.all(text.length()), true);
  }

  public static Prompt of(List<PromptPart> parts) {
    StringBuilder joined = new StringBuilder();
    TrustedRanges.Builder ranges = new TrustedRanges.Builder();
    boolean whole = true;
    boolean trusted = true;
    for (PromptPart part : parts) {
      String text = part.text();
      if (text.isEmpty()) {
        continue;
      }
      int border = joined.length();
      if (border > 0 && Character.isHighSurrogate(joined.charAt(border - 1))
          && Character.isLowSurrogate(text.charAt(0))) {
        border += trusted ? -1 : 1; // a character of which one half is trusted is not
      }
      ranges.set(border, part.trusted());
      trusted = part.trusted();
      whole &= trusted;
      joined.append(text);
    }
    return new Prompt(joined.toString(), ranges.build(joined.length()), whole);
  }
}
