package io.picaflor.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * A function of the distance {@code slot - position} that is constant between a few steps; masks are such functions.
 *
 * @param starts where pieces begin, rising; the first is {@link Long#MIN_VALUE}
 * @param values the value of each piece
 */
record StepFunction(List<Long> starts, List<Double> values) {
  StepFunction {
    starts = List.copyOf(starts);
    values = List.copyOf(values);
  }

  static StepFunction constant(double value) {
    return new StepFunction(List.of(Long.MIN_VALUE), List.of(value));
  }

  /** {@code inside} for distances from {@code from} to {@code to}, both included, {@code outside} for all others. */
  static StepFunction interval(long from, long to, double inside, double outside) {
    List<Long> starts = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    if (from != Long.MIN_VALUE) {
      starts.add(Long.MIN_VALUE);
      values.add(outside);
    }
    starts.add(from);
    values.add(inside);
    if (to != Long.MAX_VALUE) {
      starts.add(to + 1);
      values.add(outside);
    }
    return new StepFunction(starts, values);
  }

  /** {@code f} of each value. */
  StepFunction map(DoubleUnaryOperator f) {
    return new StepFunction(starts, values.stream().map(f::applyAsDouble).toList()).merged();
  }

  /** {@code f} of two functions' values at each distance. */
  StepFunction combine(StepFunction other, DoubleBinaryOperator f) {
    List<Long> begins = new ArrayList<>();
    List<Double> results = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < starts.size() || j < other.starts.size()) {
      long left = i < starts.size() ? starts.get(i) : Long.MAX_VALUE;
      long right = j < other.starts.size() ? other.starts.get(j) : Long.MAX_VALUE;
      i += left <= right && i < starts.size() ? 1 : 0;
      j += right <= left && j < other.starts.size() ? 1 : 0;
      begins.add(Math.min(left, right));
      results.add(f.applyAsDouble(values.get(i - 1), other.values.get(j - 1)));
    }
    return new StepFunction(begins, results).merged();
  }

  /** The same function for distances from {@code from} to {@code to}, and beyond them what it is at these. */
  StepFunction within(long from, long to) {
    List<Long> begins = new ArrayList<>();
    List<Double> kept = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      boolean endsBefore = i + 1 < starts.size() && starts.get(i + 1) <= from;
      if (!endsBefore && starts.get(i) <= to) {
        begins.add(begins.isEmpty() ? Long.MIN_VALUE : starts.get(i));
        kept.add(values.get(i));
      }
    }
    return new StepFunction(begins, kept);
  }

  private StepFunction merged() {
    List<Long> begins = new ArrayList<>();
    List<Double> kept = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      if (i == 0 || Double.compare(values.get(i), kept.getLast()) != 0) {
        begins.add(starts.get(i));
        kept.add(values.get(i));
      }
    }
    return new StepFunction(begins, kept);
  }
}
