package io.picaflor.plan;

import io.picaflor.PlanVerification;
import io.picaflor.session.Executor;
import io.picaflor.session.Network;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Runs two networks of one model on the same tokens and compares their logits. */
public final class NumericWitness {
  /** Enough for the windows and blocks of small models, few enough to wait for. */
  private static final int TOKENS = 48;

  private NumericWitness() {}

  /** Compares a plan with the reference executor, on tokens from a fixed seed. */
  public static PlanVerification compare(Network plan, Network reference) {
    int count = Math.min(TOKENS, plan.contextLength());
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    int[] tokens = random.ints(count, Math.min(1, plan.vocabularySize() - 1), plan.vocabularySize()).toArray();
    double largest = 0;
    double squares = 0;
    double sum = 0;
    double sumOfSquares = 0;
    long values = 0;
    float[] last = {};
    try (Executor one = plan.newExecutor(plan.contextLength());
        Executor other = reference.newExecutor(reference.contextLength());
        Executor atOnce = plan.newExecutor(plan.contextLength())) {
      for (int token : tokens) {
        last = one.decode(token).toArray(ValueLayout.JAVA_FLOAT);
        float[] expected = other.decode(token).toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < expected.length; i++) {
          double difference = Math.abs((double) last[i] - expected[i]);
          largest = !(difference <= largest) ? difference : largest; // NaN counts as largest
          squares += difference * difference;
          sum += expected[i];
          sumOfSquares += (double) expected[i] * expected[i];
        }
        values += expected.length;
      }
      float[] together = atOnce.evaluate(tokens, () -> false).toArray(ValueLayout.JAVA_FLOAT);
      double variance = sumOfSquares / values - sum / values * (sum / values);
      return new PlanVerification(count, largest, Math.sqrt(squares / values), Math.sqrt(variance),
          Arrays.equals(last, together));
    }
  }
}
