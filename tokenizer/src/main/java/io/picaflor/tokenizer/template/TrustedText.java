package io.picaflor.tokenizer.template;

import java.util.Objects;

/**
 * A variable's text that the model itself provides, such as {@code bos_token}: it may become a control token, unlike
 * all other text of a request.
 *
 * @param text the text
 */
public record TrustedText(String text) {
  public TrustedText {
    Objects.requireNonNull(text, "text");
  }
}
