package io.picaflor.tokenizer.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.TimeZone;

/** One run of a template: what it may still spend, where it is, what time it is. */
final class Rendering {
  private static final int MAX_DEPTH = ChatTemplate.MAX_CALL_LEVELS;

  private final Clock clock;
  private long steps = ChatTemplate.MAX_STEPS;
  private long memory = ChatTemplate.MAX_TEXT_CHARS;
  private int depth;
  private int position;

  /** @param clock null for the system's, asked only when it is needed */
  Rendering(Clock clock) {
    this.clock = clock;
  }

  LocalDateTime now() {
    if (clock != null) {
      return LocalDateTime.now(clock);
    }
    // The system's clock without java.time's zones: reading those costs a process's first rendering 30 ms.
    long millis = System.currentTimeMillis();
    long local = millis + TimeZone.getDefault().getOffset(millis);
    return LocalDateTime.ofEpochSecond(Math.floorDiv(local, 1000L), Math.floorMod(local, 1000) * 1_000_000,
        ZoneOffset.UTC);
  }

  /** Notes which part of the source is at work, for messages. */
  void at(int position) {
    this.position = position;
  }

  int position() {
    return position;
  }

  /** Spends work; one step is about one node of the template's tree, or one item of a list. */
  void step(long count) {
    steps -= count;
    if (steps < 0) {
      throw Failure.limit("the template does not come to an end: more than " + ChatTemplate.MAX_STEPS + " steps");
    }
  }

  /** Spends memory: characters that a value or the output is about to hold. */
  void allocate(long count) {
    memory -= count;
    if (memory < 0) {
      throw Failure.limit("the template makes too much text: more than " + ChatTemplate.MAX_TEXT_CHARS + " characters");
    }
  }

  /** Refuses what could not be allocated, before work is put into it. */
  void reserve(long count) {
    if (count > memory) {
      allocate(count);
    }
  }

  /** Spends what a list of that many items takes. */
  void items(long count) {
    step(count);
    allocate(count * 4);
  }

  /** Spends the work of reading so many characters. */
  void scan(int chars) {
    step(1 + (chars >> 3)); // a node takes some 20 ns, a character 1 to 3
  }

  /** Goes {@code levels} deeper; to be undone by {@link #leave} unless an exception ends the rendering. */
  void enter(int levels) {
    depth += levels;
    if (depth > MAX_DEPTH) {
      throw Failure.limit("macros or loops call themselves too deeply");
    }
  }

  void leave(int levels) {
    depth -= levels;
  }
}
