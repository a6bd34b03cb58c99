package io.picaflor.tokenizer.pattern;

import java.util.List;

/** A set of code points; Unicode's are in {@link UnicodeSets}. */
@FunctionalInterface
public interface CharacterSet {
  boolean contains(int codePoint);

  default CharacterSet negate() {
    return c -> !contains(c);
  }

  default CharacterSet or(CharacterSet other) {
    return c -> contains(c) || other.contains(c);
  }

  /** This set and the other case of each of its characters. */
  default CharacterSet ignoringCase() {
    return c -> {
      int upper = Character.toUpperCase(c);
      return contains(c) || contains(upper) || contains(Character.toLowerCase(c))
          || contains(Character.toLowerCase(upper));
    };
  }

  /** The union of sets; of none it is empty. */
  static CharacterSet anyOf(List<CharacterSet> sets) {
    if (sets.size() == 1) {
      return sets.getFirst();
    }
    CharacterSet[] all = sets.toArray(CharacterSet[]::new);
    return c -> {
      for (CharacterSet set : all) {
        if (set.contains(c)) {
          return true;
        }
      }
      return false;
    };
  }

  /** The intersection of sets; of none it is everything. */
  static CharacterSet allOf(List<CharacterSet> sets) {
    if (sets.size() == 1) {
      return sets.getFirst();
    }
    CharacterSet[] all = sets.toArray(CharacterSet[]::new);
    return c -> {
      for (CharacterSet set : all) {
        if (!set.contains(c)) {
          return false;
        }
      }
      return true;
    };
  }

  static CharacterSet range(int first, int last) {
    return c -> c >= first && c <= last;
  }
}
