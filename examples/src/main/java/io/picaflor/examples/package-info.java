/**
 * {@code picaflor chat}: a conversation on a terminal, or piped.
 *
 * <p>It uses the public API only, and shows how an application streams, cancels and keeps a conversation. The small
 * programs, one for each use, stand in {@code examples/programs}.
 */
package io.picaflor.examples;
