package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/**
 * Byte-pair merging of one run of symbols: again and again the neighbours with the best rank become one symbol, the
 * leftmost first where ranks tie.
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
  // By left symbol: what it and its right neighbour become, NO_MERGE for the last one and for symbols that are gone.
  private long[] pairs = new long[64];

  // rank << 32 | left symbol, the smallest first. An entry is stale if the pair's rank is another by now.
  private long[] heap = new long[0];
  private int heapSize;

  /**
   * What two neighbours become.
   *
   * @return {@code rank << 32 | id}: the pair with the smallest (signed) rank merges first, {@code id >= 0} is what it
   *     becomes; or {@link #NO_MERGE}
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

  /**
   * The symbol behind {@code symbol} after {@link #merge()}; {@link #size()} behind the last. The first symbol is
   * always 0.
   */
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
    for (int i = 0; i < size; i++) {
      pairs[i] = pairAt(i);
    }
    while (true) {
      int best = -1;
      long bestRank = NO_MERGE >> 32;
      for (int i = 0; i < size; i = next[i]) {
        if (pairs[i] >> 32 < bestRank) {
          bestRank = pairs[i] >> 32;
          best = i;
        }
      }
      if (best < 0) {
        return;
      }
      join(best);
      if (previous[best] >= 0) {
        pairs[previous[best]] = pairAt(previous[best]);
      }
      pairs[best] = pairAt(best);
    }
  }

  private void mergeByHeap() {
    heapSize = 0;
    for (int i = 0; i < size; i++) {
      push(i);
    }
    while (heapSize > 0) {
      long entry = pop();
      int left = (int) entry;
      // Where the rank is the same but the pair another, that one has an entry with this very key: it may as well merge
      // now.
      if (pairs[left] == NO_MERGE || pairs[left] >> 32 != entry >> 32) {
        continue;
      }
      join(left);
      if (previous[left] >= 0) {
        push(previous[left]);
      }
      push(left);
    }
  }

  private long pairAt(int left) {
    return next[left] < size ? pair(left, next[left]) : NO_MERGE;
  }

  private void join(int left) {
    int right = next[left];
    id[left] = (int) pairs[left];
    end[left] = end[right];
    next[left] = next[right];
    if (next[right] < size) {
      previous[next[right]] = left;
    }
    pairs[right] = NO_MERGE;
  }

  private void push(int left) {
    pairs[left] = pairAt(left);
    if (pairs[left] == NO_MERGE) {
      return;
    }
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, Math.max(2 * size, heapSize + (heapSize >> 1)));
    }
    long key = pairs[left] >> 32 << 32 | left;
    int i = heapSize++;
    while (i > 0 && heap[i - 1 >> 1] > key) {
      heap[i] = heap[i - 1 >> 1];
      i = i - 1 >> 1;
    }
    heap[i] = key;
  }

  private long pop() {
    long top = heap[0];
    long key = heap[--heapSize];
    int i = 0;
    while (true) {
      int child = 2 * i + 1;
      if (child >= heapSize) {
        break;
      }
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= key) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = key;
    return top;
  }
}
