/**
 * Chat templates: a small engine for the Jinja dialect that Hugging Face models ship, as Jinja2 3.1.6 runs it in its
 * immutable sandbox ({@code trim_blocks}, {@code lstrip_blocks}, {@code loopcontrols}, {@code generation}).
 *
 * <p>{@link io.picaflor.tokenizer.template.ChatTemplate} is the way in. Source goes through a lexer and a parser into a
 * tree of {@code Statement}s and {@code Expression}s, names already resolved to slots; rendering walks that tree.
 * Strings remember which of their characters a user wrote, so that a caller can keep these from becoming control
 * tokens.
 */
package io.picaflor.tokenizer.template;
