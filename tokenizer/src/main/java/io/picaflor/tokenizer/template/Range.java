package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** Python's {@code range}: {@code count} integers from {@code start}, {@code step} apart. */
record Range(long start, long stop, long step, int count) implements Value {
  /** Jinja's sandbox allows as many. */
  static final int MAX_COUNT = 100_000;

  /** @throws Failure if the step is zero or the range too long */
  static Range of(long start, long stop, long step) {
    if (step == 0) {
      throw Failure.evaluation("range() arg 3 must not be zero");
    }
    // bounds are ints widened to long: no overflow
    long count = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
    if (count > MAX_COUNT) {
      throw Failure.limit("range is too big: more than " + MAX_COUNT + " items");
    }
    return new Range(start, stop, step, (int) Math.max(count, 0));
  }

  Value get(int index) {
    return Int.of(start + index * step);
  }

  @Override
  public boolean truth() {
    return count > 0;
  }

  @Override
  public String typeName() {
    return "range";
  }

  @Override
  public void repr(Printer out) {
    out.append("range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")"));
  }

  @Override
  public int length() {
    return count;
  }

  @Override
  public Iterator<Value> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < count;
      }

      @Override
      public Value next() {
        if (next >= count) {
          throw new NoSuchElementException();
        }
        return get(next++);
      }
    };
  }
}
