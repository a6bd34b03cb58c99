/**
 * The KV cache: keys and values of all layers, allocated once for the context length of a session.
 *
 * <p>Knows positions and sizes, not where the values come from.
 */
package io.picaflor.kvcache;
