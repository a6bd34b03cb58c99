package io.picaflor.tokenizer.huggingface;

import java.util.List;

/** The parts of a tokenizer.json, built. Immutable. */
record TokenizerJson(Vocabulary vocabulary, List<AddedToken> addedTokens, Parts parts, Model model) {}
