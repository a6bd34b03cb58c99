package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.piece.PieceTable;

/**
 * What a SentencePiece model file says: pieces, scores, types and the settings that encoding and decoding need.
 *
 * @param pieces                 by id
 * @param scores                 by id; finite
 * @param types                  by id: {@link PieceType}
 * @param unigram                true for {@code model_type} unigram, false for BPE
 * @param whitespaceAsSuffix     the space mark stands behind a word, not before it
 * @param byteFallback           a character without a piece becomes pieces of its bytes
 * @param unknownSurface         what the unknown piece decodes to
 * @param charsMap               the normalizer's rules ({@link CharacterMap}), empty if there are none
 * @param addDummyPrefix         one more space at the text's beginning (or end)
 * @param removeExtraWhitespaces spaces at both ends go, runs of them shrink to one
 * @param escapeWhitespaces      spaces are U+2581 in pieces
 */
record ModelProto(PieceTable pieces, float[] scores, byte[] types, boolean unigram, boolean whitespaceAsSuffix,
    boolean byteFallback,
    String unknownSurface, byte[] charsMap, boolean addDummyPrefix, boolean removeExtraWhitespaces,
    boolean escapeWhitespaces) {}
