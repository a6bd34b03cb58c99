/**
 * Text to token ids and back: SentencePiece models, Hugging Face {@code tokenizer.json} files, decoding of a
 * stream, chat templates.
 *
 * <p>Knows neither models nor numbers.
 */
package io.picaflor.tokenizer;
