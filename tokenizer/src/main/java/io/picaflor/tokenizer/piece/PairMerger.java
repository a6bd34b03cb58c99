package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/**
 * Byte-pair merging of one run of symbols: again and again the neighbours with the best rank become one symbol, the leftmost
 * first where ranks tie.
 *
 * <p>Short runs are searched for the best pair each time, long ones keep their pairs in a heap: no run costs more than
 * {@code n log n}. Both ways give the same symbols. For one thread; used for run after run.
 */
public abstract class PairMerger {
  /** What {@link #pair} returns for neighbours that do not merge. */
  protected static final long NO_MERGE = Long.MAX_VALUE;

  /** Longest run that is searched, not heaped: up to here the search's cache lines cost less than the heap's moves. */
  private static final int SEARCHED_SYMBOLS = 40;

  private int size;
  private int[] start = new int[64];
  private int[] end = new int[64];
  private int[] id = new int[64];
  private int[] previous = new int[64];
  private int[] next = new int[64];
  private long[] pairs = new long[64];

  // The heap's entries: rank << 32 | left symbol, and the symbol that the merge makes.
  private long[] heapKeys = new long[0];
  private int[] heapIds = new int[0];
  private int heapSize;

  /**
   * What two neighbours become.
   *
   * @return {@code rank << 32 | id}: the pair with the smallest (signed) rank merges first, {@code id >= 0} is what it becomes;
   *     or {@link #NO_MERGE}
   */
  protected abstract long pair(int left, int right);

  /** Forgets all symbols. */
  public final void clear() {
    size = 0;
  }

  /** How many symbols were added since {@link #clear()}. */
  public final int size() {
    return size;
  }

  /** Adds a symbol at the end; {@code newId} may be negative where the subclass gives that a meaning. */
  public final void add(int newStart, int newEnd, int newId) {
    if (size == start.length) {
      int capacity = 2 * size;
      start = Arrays.copyOf(start, capacity);
      end = Arrays.copyOf(end, capacity);
      id = Arrays.copyOf(id, capacity);
      previous = Arrays.copyOf(previous, capacity);
      next = Arrays.copyOf(next, capacity);
      pairs = Arrays.copyOf(pairs, capacity);
    }
    start[size] = newStart;
    end[size] = newEnd;
    id[size] = newId;
    previous[size] = size - 1;
    next[size] = size + 1;
    size++;
  }

  /** Where the symbol begins; as it was added, or as merged. */
  public final int start(int symbol) {
    return start[symbol];
  }

  /** Where the symbol ends, exclusive. */
  public final int end(int symbol) {
    return end[symbol];
  }

  public final int id(int symbol) {
    return id[symbol];
  }

  /** The symbol behind {@code symbol} after {@link #merge()}; {@link #size()} behind the last. The first symbol is always 0. */
  public final int next(int symbol) {
    return next[symbol];
  }

  /** Merges all that can be merged. */
  public final void merge() {
    if (size <= SEARCHED_SYMBOLS) {
      mergeBySearch();
    } else {
      mergeByHeap();
    }
  }

  private void mergeBySearch() {
    for (int i = 0; i + 1 < size; i++) {
      pairs[i] = pair(i, i + 1);
    }
    while (true) {
      int best = -1;
      long bestRank = NO_MERGE >> 32;
      for (int i = 0; i < size; i = next[i]) {
        if (next[i] < size && pairs[i] >> 32 < bestRank) {
          bestRank = pairs[i] >> 32;
          best = i;
        }
      }
      if (best < 0) {
        return;
      }
      join(best, (int) pairs[best]);
      if (next[best] < size) {
        pairs[best] = pair(best, next[best]);
      }
      if (previous[best] >= 0) {
        pairs[previous[best]] = pair(previous[best], best);
      }
    }
  }

  private void mergeByHeap() {
    heapSize = 0;
    for (int i = 0; i + 1 < size; i++) {
      push(i, i + 1);
    }
    while (heapSize > 0) {
      int left = (int) heapKeys[0];
      int newId = heapIds[0];
      pop();
      // Stale entries: the left symbol is gone, or one of the two has grown since, so that they make something else or nothing.
      if (id[left] == GONE || next[left] >= size) {
        continue;
      }
      long now = pair(left, next[left]);
      if (now == NO_MERGE || (int) now != newId) {
        continue;
      }
      join(left, newId);
      if (previous[left] >= 0) {
        push(previous[left], left);
      }
      if (next[left] < size) {
        push(left, next[left]);
      }
    }
  }

  /** The id of a symbol that became part of the one on its left. */
  private static final int GONE = Integer.MIN_VALUE;

  private void join(int left, int newId) {
    int right = next[left];
    id[left] = newId;
    end[left] = end[right];
    next[left] = next[right];
    if (next[right] < size) {
      previous[next[right]] = left;
    }
    id[right] = GONE;
  }

  private void push(int left, int right) {
    long merged = pair(left, right);
    if (merged == NO_MERGE) {
      return;
    }
    if (heapSize == heapKeys.length) {
      int capacity = Math.max(2 * size, heapSize + (heapSize >> 1));
      heapKeys = Arrays.copyOf(heapKeys, capacity);
      heapIds = Arrays.copyOf(heapIds, capacity);
    }
    long key = merged >> 32 << 32 | left;
    int i = heapSize++;
    while (i > 0 && heapKeys[i - 1 >> 1] > key) {
      heapKeys[i] = heapKeys[i - 1 >> 1];
      heapIds[i] = heapIds[i - 1 >> 1];
      i = i - 1 >> 1;
    }
    heapKeys[i] = key;
    heapIds[i] = (int) merged;
  }

  private void pop() {
    long key = heapKeys[--heapSize];
    int lastId = heapIds[heapSize];
    int i = 0;
    while (true) {
      int child = 2 * i + 1;
      if (child >= heapSize) {
        break;
      }
      if (child + 1 < heapSize && heapKeys[child + 1] < heapKeys[child]) {
        child++;
      }
      if (heapKeys[child] >= key) {
        break;
      }
      heapKeys[i] = heapKeys[child];
      heapIds[i] = heapIds[child];
      i = child;
    }
    heapKeys[i] = key;
    heapIds[i] = lastId;
  }
}
