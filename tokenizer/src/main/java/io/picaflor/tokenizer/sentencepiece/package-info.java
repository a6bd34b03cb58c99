/** SentencePiece models: the file, its normalizer, byte-pair and unigram encoding, decoding. */
package io.picaflor.tokenizer.sentencepiece;
