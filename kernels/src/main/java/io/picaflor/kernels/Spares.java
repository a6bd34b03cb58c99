package io.picaflor.kernels;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/** Things of which a thread needs one for itself while it has a part of some work: as many as there are threads. */
final class Spares<T> {
  /** Empty places are in use. */
  private final AtomicReferenceArray<T> places;

  /** @param make makes the one of a number */
  Spares(Workers workers, IntFunction<T> make) {
    places = new AtomicReferenceArray<>(workers.threads());
    for (int i = 0; i < places.length(); i++) {
      places.set(i, make.apply(i));
    }
  }

  /** One that nobody else has. */
  T take() {
    for (int i = 0;; i = (i + 1) % places.length()) { // each thread has at most one, so one is there or comes back soon
      T spare = places.getAndSet(i, null);
      if (spare != null) {
        return spare;
      }
    }
  }

  void giveBack(T spare) {
    for (int i = 0;; i = (i + 1) % places.length()) {
      if (places.compareAndSet(i, null, spare)) {
        return;
      }
    }
  }
}
