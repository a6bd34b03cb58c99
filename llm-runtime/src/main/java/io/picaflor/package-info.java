/**
 * The API: {@code Model} (a file, shared by threads), {@code Session} (one context), {@code TokenStream} (an
 * iterator of tokens).
 */
package io.picaflor;
