/**
 * What stands between the API and the arithmetic: how a session feeds tokens to a network, and what it measures.
 *
 * <p>{@link io.picaflor.session.Network} is a loaded model's arithmetic, shared; {@link io.picaflor.session.Executor} is one
 * session's share of it.
 */
package io.picaflor.session;
