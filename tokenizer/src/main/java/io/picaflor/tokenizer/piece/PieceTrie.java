package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;

/**
 * A set of pieces as a tree of bytes, for finding all pieces that begin at a place in a text.
 *
 * <p>Node 0 is the root. A node says by which byte of which node it is reached, and is found by both ({@link HashSlots}), so
 * that memory follows the number of distinct prefixes. Filled by one thread, then read by many.
 */
public final class PieceTrie {
  /** What {@link #child} returns where no piece goes on. */
  public static final int NONE = -1;

  private static final int BYTES = 256;
  /** What a node has: its parent, the byte that leads here, and the id of the piece that ends here. */
  private static final int NODE_INTS = 3;

  private static final int FIRST_CAPACITY = 16;

  private final IntTable fromRoot;
  private IntTable nodes;
  private HashSlots slots;
  private int size;

  private PieceTrie(IntTable fromRoot, IntTable nodes, HashSlots slots, int size) {
    this.fromRoot = fromRoot;
    this.nodes = nodes;
    this.slots = slots;
    this.size = size;
  }

  public PieceTrie() {
    this(new IntTable(BYTES), new IntTable(NODE_INTS * FIRST_CAPACITY), new HashSlots(FIRST_CAPACITY, FIRST_CAPACITY),
        1);
    for (int b = 0; b < BYTES; b++) {
      fromRoot.set(b, NONE);
    }
    nodes.set(2, NONE);
  }

  /** A tree in its place. */
  public static PieceTrie read(FormReader form) throws TokenizerFormatException {
    IntTable fromRoot = IntTable.read(form, BYTES);
    IntTable nodes = IntTable.read(form);
    int size = nodes.size() / NODE_INTS;
    if (size == 0) {
      throw form.damaged("expected a tree with a root, found " + nodes.size() + " numbers");
    }
    return new PieceTrie(fromRoot, nodes, HashSlots.read(form), size);
  }

  /** Writes it. */
  public void write(FormWriter form) {
    fromRoot.write(form);
    nodes.resizedTo(NODE_INTS * size).write(form);
    slots.write(form);
  }

  /**
   * Adds a piece; a piece that is there already gets the new id.
   *
   * @throws TokenizerFormatException if the pieces were made to collide
   */
  public void add(byte[] source, int from, int length, int id) throws TokenizerFormatException {
    int node = 0;
    for (int i = from; i < from + length; i++) {
      int next = child(node, source[i]);
      node = next == NONE ? addNode(node, source[i]) : next;
    }
    nodes.set(NODE_INTS * node + 2, id);
  }

  public boolean isEmpty() {
    return size == 1;
  }

  /** The node that {@code label} leads to, or {@link #NONE}. */
  public int child(int node, byte label) {
    if (node == 0) {
      return fromRoot.get(label & 0xFF);
    }
    long hash = hash(node, label);
    int slot = slots.first(hash);
    for (int probes = 0; probes < HashSlots.MAX_PROBES; probes++) {
      int found = slots.get(slot);
      if (found == 0) {
        return NONE;
      }
      if (slots.mayBe(found, hash)) {
        int target = slots.entry(found);
        if (nodes.get(NODE_INTS * target) == node && nodes.get(NODE_INTS * target + 1) == (label & 0xFF)) {
          return target;
        }
      }
      slot = slots.next(slot);
    }
    return NONE;
  }

  /** The id of the piece that ends in this node, or {@link #NONE}. */
  public int id(int node) {
    return nodes.get(NODE_INTS * node + 2);
  }

  private int addNode(int parent, byte label) throws TokenizerFormatException {
    if (NODE_INTS * size == nodes.size()) {
      grow();
    }
    int node = size++;
    nodes.set(NODE_INTS * node, parent);
    nodes.set(NODE_INTS * node + 1, label & 0xFF);
    nodes.set(NODE_INTS * node + 2, NONE);
    if (parent == 0) {
      fromRoot.set(label & 0xFF, node);
    } else {
      put(node, hash(parent, label));
    }
    return node;
  }

  private void put(int node, long hash) throws TokenizerFormatException {
    int slot = slots.first(hash);
    for (int probes = 0; slots.get(slot) != 0; probes++) {
      if (probes == HashSlots.MAX_PROBES) {
        throw new TokenizerFormatException("pieces: more than " + HashSlots.MAX_PROBES
            + " prefixes share a hash value; was this vocabulary made to be slow?");
      }
      slot = slots.next(slot);
    }
    slots.set(slot, node, hash);
  }

  private void grow() throws TokenizerFormatException {
    int capacity = Math.multiplyExact(2, size);
    nodes = nodes.resizedTo(Math.multiplyExact(NODE_INTS, capacity));
    slots = new HashSlots(capacity, capacity);
    for (int node = 1; node < size; node++) {
      if (nodes.get(NODE_INTS * node) != 0) {
        put(node, hash(nodes.get(NODE_INTS * node), (byte) nodes.get(NODE_INTS * node + 1)));
      }
    }
  }

  private static long hash(int node, byte label) {
    return ((long) node << 8 | label & 0xFF) * 0x9E3779B97F4A7C15L;
  }
}
