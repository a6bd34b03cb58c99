/**
 * What a session remembers of its tokens: keys and values of each layer and state that runs along, the position that they
 * belong to, and the ways back from it.
 *
 * <p>Sizes come from outside, and so do the values: this room knows neither layouts nor kernels.
 */
package io.picaflor.kvcache;
