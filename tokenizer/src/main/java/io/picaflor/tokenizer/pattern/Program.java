package io.picaflor.tokenizer.pattern;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.piece.IntList;
import java.util.ArrayList;
import java.util.List;

/**
 * A regular expression as a nondeterministic automaton whose branches are ordered by preference, so that what it
 * prefers is what a backtracking engine would find first. Immutable.
 */
final class Program {
  static final int CHARACTER = 0;
  static final int NEXT_CHARACTER = 1;
  static final int BRANCH = 2;
  static final int MATCH = 3;

  /** Repetitions are written out: this bounds what a hostile expression can make of them. */
  private static final int MAX_INSTRUCTIONS = 4000;

  private static final int MAX_SETS = 64;

  private final IntList operations = new IntList(64);
  // CHARACTER, NEXT_CHARACTER: the set; BRANCH: where the preferred branch goes.
  private final IntList first = new IntList(64);
  // Where to go on; BRANCH: where the other branch goes.
  private final IntList second = new IntList(64);
  private final List<CharacterSet> sets = new ArrayList<>();
  private long setsHoldingAtEnd;
  private final int start;
  private final String pattern;

  Program(String pattern) throws TokenizerFormatException {
    this.pattern = pattern;
    int match = add(MATCH, 0, 0);
    start = PatternParser.parse(pattern).compile(this, match);
  }

  int start() {
    return start;
  }

  int size() {
    return operations.size();
  }

  int operation(int instruction) {
    return operations.get(instruction);
  }

  int first(int instruction) {
    return first.get(instruction);
  }

  int second(int instruction) {
    return second.get(instruction);
  }

  /** Which of the sets hold a code point, a bit each. */
  long setsOf(int codePoint) {
    long mask = 0;
    for (int i = 0; i < sets.size(); i++) {
      mask |= sets.get(i).contains(codePoint) ? 1L << i : 0;
    }
    return mask;
  }

  /** Which assertions about the next character hold where there is none. */
  long setsHoldingAtEnd() {
    return setsHoldingAtEnd;
  }

  /** Adds a step over one character; returns where it is. */
  int addCharacter(CharacterSet set, int next) throws TokenizerFormatException {
    return add(CHARACTER, addSet(set, false), next);
  }

  /** Adds an assertion about the next character; returns where it is. */
  int addAssertion(CharacterSet set, boolean atEnd, int next) throws TokenizerFormatException {
    return add(NEXT_CHARACTER, addSet(set, atEnd), next);
  }

  /** Adds a branch; returns where it is. */
  int addBranch(int preferred, int other) throws TokenizerFormatException {
    return add(BRANCH, preferred, other);
  }

  /** Adds a repetition; returns where it begins. */
  int addRepeat(Syntax.Repeat repeat, int next) throws TokenizerFormatException {
    int begin = next;
    if (repeat.most() < 0) {
      int loop = add(BRANCH, 0, 0);
      int body = repeat.part().compile(this, loop);
      first.set(loop, repeat.greedy() ? body : next);
      second.set(loop, repeat.greedy() ? next : body);
      begin = loop;
    } else {
      for (int i = repeat.least(); i < repeat.most(); i++) {
        int body = repeat.part().compile(this, begin);
        begin = repeat.greedy() ? add(BRANCH, body, next) : add(BRANCH, next, body);
      }
    }
    for (int i = 0; i < repeat.least(); i++) {
      int earlier = begin;
      begin = repeat.part().compile(this, begin);
      if (begin == earlier) {
        break; // an empty part: once is as good as often, and often can be made to take for ever
      }
    }
    return begin;
  }

  private int addSet(CharacterSet set, boolean holdsAtEnd) throws TokenizerFormatException {
    // Parts that are written out more than once share their set; holding at the end belongs to the assertion's own set.
    int index = sets.indexOf(set);
    if (index < 0) {
      index = sets.size();
      sets.add(set);
      setsHoldingAtEnd |= holdsAtEnd ? 1L << index : 0;
      if (sets.size() > MAX_SETS) {
        throw new TokenizerFormatException("regular expression with more than " + MAX_SETS
            + " classes is not supported: " + pattern);
      }
    }
    return index;
  }

  private int add(int operation, int firstOperand, int secondOperand) throws TokenizerFormatException {
    if (operations.size() == MAX_INSTRUCTIONS) {
      throw new TokenizerFormatException("regular expression of more than " + MAX_INSTRUCTIONS
          + " steps is not supported: " + pattern);
    }
    operations.add(operation);
    first.add(firstOperand);
    second.add(secondOperand);
    return operations.size() - 1;
  }
}
