/**
 * A graph for one token, turned into one program for any number of them.
 *
 * <p>{@code decode} is the definition. It is lifted to {@link io.picaflor.plan.Form}s, which are free of the views and sizes of
 * one signature; matchers find what kernels compute; a witness compares the prefill signatures with it; what is left is put
 * in order, placed in memory and run. What does not fit is said in one line, and the reference executor runs the file.
 */
package io.picaflor.plan;
