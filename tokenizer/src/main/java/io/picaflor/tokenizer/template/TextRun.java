package io.picaflor.tokenizer.template;

import java.util.Objects;

/**
 * A stretch of a rendered prompt whose characters have one origin.
 *
 * <p>Control tokens may be looked for in trusted runs only. Ordinary tokens may span runs: encode all that stands
 * between two control tokens as one text, else words are cut where a template's text meets a user's.
 *
 * @param text    never empty
 * @param trusted true: from the template's own text, or from a {@link TrustedText}; false: from a value of the request,
 *                or derived from one in a way that does not keep characters apart
 */
public record TextRun(String text, boolean trusted) {
  public TextRun {
    Objects.requireNonNull(text, "text");
  }
}
