/**
 * Machine code that Java writes and calls: an assembler for x86-64, what the CPU can do, memory that may be executed, and
 * a small language for vector kernels with an interpreter beside its machine code.
 *
 * <p>Knows registers and bytes only: no models, no tensors. Nothing here runs before it is known that this JVM, system
 * and CPU allow it; where they don't, the reason is text for people.
 */
package io.picaflor.codegen;
