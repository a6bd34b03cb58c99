package io.picaflor;

/**
 * How far the plan's logits are from those of the reference executor: made by {@link Model#verify}.
 *
 * @param tokens how many tokens were fed
 * @param largest the largest difference of two logits
 * @param rootMeanSquare of all differences
 * @param spread the standard deviation of the reference executor's logits, to compare them with
 * @param sameBits whether feeding all tokens in one go gave the same bits as one by one
 */
public record PlanVerification(int tokens, double largest, double rootMeanSquare, double spread, boolean sameBits) {}
