package io.picaflor.plan;

import io.picaflor.kernels.PackedWeights;

import java.util.List;

/**
 * All weights of a model in a tier's layouts, and the memory that they lie in.
 *
 * @param weights in the order of their sources
 * @param origin where they came from, as {@code Timings.weightCache} names it: {@code memory}, {@code built} or {@code hit}, or
 *     {@code none} if the tier reads all of them in place
 * @param close frees the memory; run once, when nothing reads it any more
 */
record PackedModel(List<PackedWeights> weights, String origin, Runnable close) {}
