/** Chooses the next token from the logits: greedily, or by a seeded draw. Knows numbers only. */
package io.picaflor.sampling;
