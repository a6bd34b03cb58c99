package io.picaflor.tokenizer;

import java.util.Objects;

/**
 * A piece of a rendered prompt.
 *
 * @param text    the text; parts are joined without anything between them
 * @param trusted true for the scaffold that a template wrote, in which special tokens are recognised; false for what
 *     users and tools said, in which they never are
 */
public record PromptPart(String text, boolean trusted) {
  public PromptPart {
    Objects.requireNonNull(text, "text");
  }
}
