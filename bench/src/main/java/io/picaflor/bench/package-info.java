/**
 * {@code picaflor bench}: start-up, prefill, decode and memory of a model file on this machine, by definitions that the
 * README, the JSON and the documents share.
 */
package io.picaflor.bench;
