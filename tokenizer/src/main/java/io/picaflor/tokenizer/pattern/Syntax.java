package io.picaflor.tokenizer.pattern;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.util.List;

/** A parsed regular expression. */
sealed interface Syntax {
  /**
   * Adds this to a program; returns where it begins.
   *
   * <p>A method and no switch on the kinds: the first one of a process takes as long as opening a tokenizer.
   *
   * @param next where the program goes on
   */
  int compile(Program program, int next) throws TokenizerFormatException;

  /** One character of a set. */
  record One(CharacterSet set) implements Syntax {
    @Override
    public int compile(Program program, int next) throws TokenizerFormatException {
      return program.addCharacter(set, next);
    }
  }

  /**
   * Nothing, where the next character is in the set (or is not, if negative); the text's end counts as {@code atEnd}
   * says.
   */
  record Next(CharacterSet set, boolean atEnd) implements Syntax {
    @Override
    public int compile(Program program, int next) throws TokenizerFormatException {
      return program.addAssertion(set, atEnd, next);
    }
  }

  record Sequence(List<Syntax> parts) implements Syntax {
    @Override
    public int compile(Program program, int next) throws TokenizerFormatException {
      int begin = next;
      for (int i = parts.size() - 1; i >= 0; i--) {
        begin = parts.get(i).compile(program, begin);
      }
      return begin;
    }
  }

  /** The first alternative is preferred. */
  record Choice(List<Syntax> alternatives) implements Syntax {
    @Override
    public int compile(Program program, int next) throws TokenizerFormatException {
      int begin = alternatives.getLast().compile(program, next);
      for (int i = alternatives.size() - 2; i >= 0; i--) {
        begin = program.addBranch(alternatives.get(i).compile(program, next), begin);
      }
      return begin;
    }
  }

  /** {@code most} is -1 for no bound; greedy ones prefer more. */
  record Repeat(Syntax part, int least, int most, boolean greedy) implements Syntax {
    @Override
    public int compile(Program program, int next) throws TokenizerFormatException {
      return program.addRepeat(this, next);
    }
  }
}
