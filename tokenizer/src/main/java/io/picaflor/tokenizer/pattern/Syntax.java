package io.picaflor.tokenizer.pattern;

import java.util.List;

/** A parsed regular expression. */
sealed interface Syntax {
  /** One character of a set. */
  record One(CharacterSet set) implements Syntax {}

  /**
   * Nothing, where the next character is in the set (or is not, if negative); the text's end counts as {@code atEnd}
   * says.
   */
  record Next(CharacterSet set, boolean atEnd) implements Syntax {}

  record Sequence(List<Syntax> parts) implements Syntax {}

  /** The first alternative is preferred. */
  record Choice(List<Syntax> alternatives) implements Syntax {}

  /** {@code most} is -1 for no bound; greedy ones prefer more. */
  record Repeat(Syntax part, int least, int most, boolean greedy) implements Syntax {}
}
