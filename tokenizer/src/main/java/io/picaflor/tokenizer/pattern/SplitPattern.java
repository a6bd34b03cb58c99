package io.picaflor.tokenizer.pattern;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A regular expression that finds what a backtracking engine would find, but never tries anything twice.
 *
 * <p>Tokenizer files come from anywhere, and so do their expressions; a backtracking engine can be made to run for
 * years. This one builds the deterministic automaton of the ordered branches while it runs, one step a character;
 * characters are told apart only by which of the expression's classes hold them. If the automaton grows too large it is
 * forgotten and begun anew. Searching for all matches remembers where a state led to no longer match, so that searches
 * that run far ahead in vain do so once.
 *
 * <p>May be used by many threads at once.
 */
public final class SplitPattern {
  /** Steps kept before the automaton is begun anew: some megabytes. Real expressions need a few hundred. */
  private static final int MAX_STEPS = 50_000;

  private static final int MAX_STATE_ITEMS = 1_000_000;
  private static final int UNKNOWN_CLASS = 0;
  private static final int END_CLASS = 1;

  private final Program program;

  // The class of each character, filled as characters are met. Races only repeat work.
  private final short[] classes = new short[Character.MAX_VALUE + 1];
  private final Map<Long, Short> classBySets = new ConcurrentHashMap<>();
  private volatile long[] setsByClass;

  private volatile State start;
  private Map<StateKey, State> states;
  private int stepCount;
  private int itemCount;

  /** What state to go to on a class of characters, and whether the text before the character is a match. */
  private record Step(State next, boolean matches) {}

  private record StateKey(int hash, int[] items) {
    StateKey(int[] items) {
      this(Arrays.hashCode(items), items);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof StateKey key && Arrays.equals(items, key.items);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** Instructions that may read the next character, the preferred first. */
  private static final class State {
    final int[] items;
    // By class; written under the pattern's lock, read without: a reader may miss a step, or all of them, and then asks
    // again.
    Step[] steps = new Step[16];

    State(int[] items) {
      this.items = items;
    }

    boolean isDead() {
      return items.length == 0;
    }
  }

  /** @throws TokenizerFormatException if the expression is damaged or uses what is not supported; names it */
  public SplitPattern(String pattern) throws TokenizerFormatException {
    program = new Program(pattern);
    setsByClass = new long[] {0, program.setsHoldingAtEnd()};
    forget();
  }

  /** Finds one match after the other in a part of a text. For one thread. */
  public final class Finder {
    /** Runs that go this much further than their match are remembered. */
    private static final int LONG_RUN = 64;

    private static final int MARK_EVERY = 16;

    private final CharSequence text;
    private final int to;
    private int at;
    private int matchStart;
    private int matchEnd;
    // States, by where they were, that led to no match beyond.
    private Set<Mark> inVain;

    private record Mark(int position, State state) {}

    Finder(CharSequence text, int from, int to) {
      this.text = text;
      this.to = to;
      at = from;
    }

    public int start() {
      return matchStart;
    }

    public int end() {
      return matchEnd;
    }

    /** Finds the next match behind the last one. Empty matches are found only where no longer one begins. */
    public boolean find() {
      while (at <= to) {
        int end = match(at);
        if (end >= 0) {
          matchStart = at;
          matchEnd = end;
          at = end > at ? end : end + step(end);
          return true;
        }
        at += step(at);
      }
      return false;
    }

    private int step(int position) {
      return position + 1 < to && Character.isSurrogatePair(text.charAt(position), text.charAt(position + 1)) ? 2 : 1;
    }

    private int match(int from) {
      int end = -1;
      int i = from;
      State state = start;
      while (true) {
        int width = 1;
        int characterClass;
        if (i < to) {
          char c = text.charAt(i);
          characterClass = classes[c];
          if (characterClass == UNKNOWN_CLASS) {
            int codePoint = c;
            if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
              codePoint = Character.toCodePoint(c, text.charAt(i + 1));
              width = 2;
            }
            characterClass = classify(codePoint);
          }
        } else {
          characterClass = END_CLASS;
        }
        Step[] steps = state.steps;
        Step step = steps != null && characterClass < steps.length ? steps[characterClass] : null;
        if (step == null) {
          step = takeStep(state, characterClass);
        }
        if (step.matches()) {
          end = i;
        }
        state = step.next();
        if (state.isDead()) {
          break;
        }
        i += width;
        if (inVain != null && i % MARK_EVERY == 0 && inVain.contains(new Mark(i, state))) {
          break;
        }
      }
      if (i - Math.max(from, end) > LONG_RUN) {
        remember(from, Math.max(from, end), i);
      }
      return end;
    }

    /** Walks a long run once more and marks what came to nothing behind its match. */
    private void remember(int from, int end, int reached) {
      if (inVain == null) {
        inVain = new HashSet<>();
      }
      State state = start;
      for (int i = from; i < reached && !state.isDead();) {
        int codePoint = Character.codePointAt(text, i);
        int width = i + 1 < to ? Character.charCount(codePoint) : 1;
        state = takeStep(state, classify(width == 1 ? text.charAt(i) : codePoint)).next();
        i += width;
        if (i > end && i % MARK_EVERY == 0) {
          inVain.add(new Mark(i, state));
        }
      }
    }
  }

  public Finder finder(CharSequence text, int from, int to) {
    return new Finder(text, from, to);
  }

  private int classify(int codePoint) {
    short found = codePoint <= Character.MAX_VALUE ? classes[codePoint] : UNKNOWN_CLASS;
    if (found == UNKNOWN_CLASS) {
      found = classBySets.computeIfAbsent(program.setsOf(codePoint), this::newClass);
      // A high surrogate may begin a pair: its class is looked up anew each time.
      if (codePoint <= Character.MAX_VALUE && !Character.isHighSurrogate((char) codePoint)) {
        classes[codePoint] = found;
      }
    }
    return found;
  }

  private synchronized short newClass(long sets) {
    long[] grown = Arrays.copyOf(setsByClass, setsByClass.length + 1);
    grown[grown.length - 1] = sets;
    setsByClass = grown;
    return (short) (grown.length - 1);
  }

  private synchronized void forget() {
    states = new HashMap<>();
    stepCount = 0;
    itemCount = 0;
    StateBuilder builder = new StateBuilder(program);
    builder.follow(program.start());
    start = intern(builder.items());
  }

  private State intern(int[] items) {
    return states.computeIfAbsent(new StateKey(items), _ -> {
      itemCount += items.length;
      return new State(items);
    });
  }

  private synchronized Step takeStep(State state, int characterClass) {
    if (characterClass < state.steps.length && state.steps[characterClass] != null) {
      return state.steps[characterClass];
    }
    if (stepCount > MAX_STEPS || itemCount > MAX_STATE_ITEMS) {
      forget();
    }
    StateBuilder now = new StateBuilder(program);
    boolean matches = now.resolve(state.items, setsByClass[characterClass]);
    StateBuilder next = new StateBuilder(program);
    if (characterClass != END_CLASS) {
      for (int instruction : now.items()) {
        if ((setsByClass[characterClass] >>> program.first(instruction) & 1) != 0) {
          next.follow(program.second(instruction));
        }
      }
    }
    Step step = new Step(intern(next.items()), matches);
    if (characterClass >= state.steps.length) {
      state.steps = Arrays.copyOf(state.steps, Math.max(characterClass + 1, 2 * state.steps.length));
    }
    state.steps[characterClass] = step;
    stepCount++;
    return step;
  }
}
