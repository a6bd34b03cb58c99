package io.picaflor.tokenizer;

/**
 * Turns ids into text one by one, as a model makes them.
 *
 * <p>Only whole code points come out, each as soon as no later id can change it; bytes of an unfinished character wait.
 * What {@link #append} and {@link #finish} return, joined, is what {@link Tokenizer#decode} makes of the same ids. For
 * one thread.
 */
public interface StreamingDecoder {
  /**
   * Takes the next id.
   *
   * @return the text that became certain; may be empty
   * @throws IllegalArgumentException if the id is not in the vocabulary; the decoder is as it was before
   */
  String append(int id);

  /** Ends the sequence: returns what was held back, with U+FFFD for broken characters, and begins a new sequence. */
  String finish();
}
