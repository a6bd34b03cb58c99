package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.piece.ControlText;

/**
 * A token that is found in the text before the model sees it.
 *
 * @param singleWord found only where no word character touches it
 * @param lstrip     takes the white space before it
 * @param rstrip     takes the white space behind it
 * @param normalized found in the normalized text, in its own normalized form
 * @param special    not shown to users
 */
record AddedToken(int id, String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized,
    boolean special) {
  /** Whether only trusted text may contain it: it is special, or looks like markup. */
  boolean isControl() {
    return special || ControlText.looksLikeMarkup(content);
  }
}
