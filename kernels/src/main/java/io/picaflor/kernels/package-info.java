/**
 * The numeric kernels, in tiers that give the same integer sums: {@code scalar} is the specification in plain
 * Java, {@code vector} runs on {@code jdk.incubator.vector}.
 *
 * <p>Knows numbers only: no graphs, no files, no sessions.
 */
package io.picaflor.kernels;
