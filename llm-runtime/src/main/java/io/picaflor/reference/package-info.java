/**
 * The reference executor: runs any signature of a graph, operation by operation, as the file says.
 *
 * <p>It is the meaning of a graph, the oracle of everything faster, and what runs a graph that cannot be planned.
 * {@link io.picaflor.reference.Lowering} turns a signature into a {@link io.picaflor.reference.Program} of steps, which
 * sessions share; a {@link io.picaflor.reference.Frame} holds one session's memory for it. Matrix products run on
 * {@code kernels}; all else is plain Java.
 */
package io.picaflor.reference;
