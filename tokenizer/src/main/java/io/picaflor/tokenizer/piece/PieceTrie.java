package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/**
 * A set of pieces as a tree of bytes, for finding all pieces that begin at a place in a text.
 *
 * <p>Node 0 is the root. Edges lie in one open-addressing table, so that memory follows the number of distinct
 * prefixes. Filled by one thread, then read by many.
 */
public final class PieceTrie {
  /** What {@link #child} returns where no piece goes on. */
  public static final int NONE = -1;

  private final int[] fromRoot = new int[256];
  // node << 8 | byte, plus one so that 0 is a free slot
  private long[] edges = new long[64];
  private int[] targets = new int[64];
  private int[] ids = new int[16];
  private int nodes = 1;

  public PieceTrie() {
    Arrays.fill(fromRoot, NONE);
    ids[0] = NONE;
  }

  /** Adds a piece; a piece that is there already gets the new id. */
  public void add(byte[] source, int from, int length, int id) {
    int node = 0;
    for (int i = from; i < from + length; i++) {
      int next = child(node, source[i]);
      node = next == NONE ? addEdge(node, source[i]) : next;
    }
    ids[node] = id;
  }

  public boolean isEmpty() {
    return nodes == 1;
  }

  /** The node that {@code label} leads to, or {@link #NONE}. */
  public int child(int node, byte label) {
    if (node == 0) {
      return fromRoot[label & 0xFF];
    }
    long key = ((long) node << 8 | label & 0xFF) + 1;
    int slot = slot(key);
    while (edges[slot] != 0) {
      if (edges[slot] == key) {
        return targets[slot];
      }
      slot = slot + 1 & edges.length - 1;
    }
    return NONE;
  }

  /** The id of the piece that ends in this node, or {@link #NONE}. */
  public int id(int node) {
    return ids[node];
  }

  private int addEdge(int node, byte label) {
    if (2 * nodes >= edges.length) {
      grow();
    }
    int target = nodes++;
    if (target == ids.length) {
      ids = Arrays.copyOf(ids, 2 * ids.length);
    }
    ids[target] = NONE;
    if (node == 0) {
      fromRoot[label & 0xFF] = target;
    } else {
      put(((long) node << 8 | label & 0xFF) + 1, target);
    }
    return target;
  }

  private void put(long key, int target) {
    int slot = slot(key);
    while (edges[slot] != 0) {
      slot = slot + 1 & edges.length - 1;
    }
    edges[slot] = key;
    targets[slot] = target;
  }

  private void grow() {
    long[] oldEdges = edges;
    int[] oldTargets = targets;
    edges = new long[2 * oldEdges.length];
    targets = new int[2 * oldEdges.length];
    for (int i = 0; i < oldEdges.length; i++) {
      if (oldEdges[i] != 0) {
        put(oldEdges[i], oldTargets[i]);
      }
    }
  }

  private int slot(long key) {
    return (int) (key * 0x9E3779B97F4A7C15L >>> 64 - Integer.numberOfTrailingZeros(edges.length));
  }
}
