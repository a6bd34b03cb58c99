/**
 * What every kind of tokenizer is built from: vocabularies as packed bytes, their look-up, byte-pair merging,
 * incremental UTF-8.
 */
package io.picaflor.tokenizer.piece;
