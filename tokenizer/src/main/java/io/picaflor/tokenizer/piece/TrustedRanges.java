package io.picaflor.tokenizer.piece;

/** Which ranges of a text may be read as control tokens. Immutable. */
public final class TrustedRanges {
  // Where trust changes, ascending: trusted from 0 to borders[0], untrusted from there to borders[1], and so on.
  private final int[] borders;

  private TrustedRanges(int[] borders) {
    this.borders = borders;
  }

  /** All of a text of this length. */
  public static TrustedRanges all(int length) {
    return new TrustedRanges(new int[] {length});
  }

  /**
   * Where the trusted range around {@code from} ends (exclusive); {@code from} itself if what is there is untrusted.
   */
  public int end(int from) {
    int before = bordersUpTo(from);
    return before % 2 == 0 && before < borders.length ? borders[before] : from;
  }

  /** Where trust next changes behind {@code from}, or the text ends. */
  public int next(int from) {
    int before = bordersUpTo(from);
    return before < borders.length ? borders[before] : from;
  }

  private int bordersUpTo(int position) {
    int low = 0;
    int high = borders.length;
    while (low < high) {
      int middle = low + high >>> 1;
      if (borders[middle] <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Collects ranges from the beginning of a text to its end. */
  public static final class Builder {
    private final IntList borders = new IntList(4);
    private boolean trusted = true;

    /** Says whether the text from {@code position} on is trusted; positions never decrease. */
    public void set(int position, boolean nowTrusted) {
      if (nowTrusted != trusted) {
        borders.add(position);
        trusted = nowTrusted;
      }
    }

    public TrustedRanges build(int length) {
      borders.add(length);
      return new TrustedRanges(borders.toArray());
    }
  }
}
