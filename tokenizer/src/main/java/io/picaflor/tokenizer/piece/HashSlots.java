package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;

/**
 * The slots of an open-addressing hash table over entries that lie elsewhere, by number.
 *
 * <p>A slot has 32 bits: the low ones are an entry's number plus one, the high ones repeat bits of its hash. So most look-ups
 * of what is not there, which are most of all, read one word. At most half of the slots are used. Filled by one thread, then
 * read by many.
 */
public final class HashSlots {
  /** Longest row of used slots: a table that is half full stays far below, unless it was made to collide. */
  public static final int MAX_PROBES = 4096;

  private static final int MAX_SLOT_BITS = 29;

  private final IntTable slots;
  private final int slotBits;
  private final int entryBits;
  private final int mask;
  private final int shift;
  private final int entryMask;

  private HashSlots(IntTable slots, int slotBits, int entryBits) {
    this.slots = slots;
    this.slotBits = slotBits;
    this.entryBits = entryBits;
    mask = (1 << slotBits) - 1;
    shift = Long.SIZE - slotBits;
    entryMask = (1 << entryBits) - 1;
  }

  /**
   * Free slots.
   *
   * @param entries how many entries there will be at most
   * @param numbers entries' numbers are below this
   */
  public HashSlots(int entries, int numbers) {
    this(new IntTable(1 << slotBits(entries)), slotBits(entries),
        Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, numbers)));
  }

  private static int slotBits(int entries) {
    return Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, entries - 1)));
  }

  /** Slots in their place. */
  public static HashSlots read(FormReader form) throws TokenizerFormatException {
    int slotBits = form.number(1, MAX_SLOT_BITS);
    int entryBits = form.number(1, Integer.SIZE - 1);
    return new HashSlots(IntTable.read(form, 1 << slotBits), slotBits, entryBits);
  }

  /** Writes them. */
  public void write(FormWriter form) {
    form.number(slotBits);
    form.number(entryBits);
    slots.write(form);
  }

  /** Where the search for a hash begins. */
  public int first(long hash) {
    return (int) (hash >>> shift);
  }

  /** Where it goes on. */
  public int next(int slot) {
    return slot + 1 & mask;
  }

  /** What a slot holds; 0 if it is free. */
  public int get(int slot) {
    return slots.get(slot);
  }

  /** Whether what a slot holds may be an entry of this hash; if not, it is another. */
  public boolean mayBe(int content, long hash) {
    return ((content ^ (int) hash) & ~entryMask) == 0;
  }

  /** The number of the entry that a slot holds. */
  public int entry(int content) {
    return (content & entryMask) - 1;
  }

  /** Fills a slot, or replaces what it holds. */
  public void set(int slot, int entry, long hash) {
    slots.set(slot, (int) hash & ~entryMask | entry + 1);
  }
}
