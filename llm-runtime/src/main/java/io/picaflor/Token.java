package io.picaflor;

/**
 * One generated token.
 *
 * @param id its number in the vocabulary
 * @param text what it adds to the text: whole code points only. Empty for a token that ends inside one, whose bytes come with
 *     a later token, and for a model without tokenizer
 * @param index its place among the generated tokens, from 0
 */
public record Token(int id, String text, int index) {}
