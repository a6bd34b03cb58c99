package io.picaflor.tokenizer.pattern;

import io.picaflor.tokenizer.piece.IntList;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/**
 * Collects, in the order of preference, the instructions that can be reached without reading a character. For one
 * thread.
 */
final class StateBuilder {
  private final Program program;
  private final BitSet seen = new BitSet();
  private final IntList items = new IntList(16);

  StateBuilder(Program program) {
    this.program = program;
  }

  int[] items() {
    return items.toArray();
  }

  /** Adds what is reachable from an instruction, up to characters, assertions and the match. */
  void follow(int from) {
    Deque<Integer> pending = new ArrayDeque<>();
    pending.push(from);
    while (!pending.isEmpty()) {
      int instruction = pending.pop();
      if (seen.get(instruction)) {
        continue;
      }
      seen.set(instruction);
      if (program.operation(instruction) == Program.BRANCH) {
        pending.push(program.second(instruction));
        pending.push(program.first(instruction));
      } else {
        items.add(instruction);
      }
    }
  }

  /**
   * Adds what remains of a state's items once the next character is known: assertions that hold are followed.
   *
   * @return whether the match was reached; what is less preferred is dropped then
   */
  boolean resolve(int[] state, long sets) {
    Deque<Integer> pending = new ArrayDeque<>();
    for (int i = state.length - 1; i >= 0; i--) {
      pending.push(state[i]);
    }
    while (!pending.isEmpty()) {
      int instruction = pending.pop();
      if (seen.get(instruction)) {
        continue;
      }
      seen.set(instruction);
      switch (program.operation(instruction)) {
        case Program.MATCH -> {
          return true;
        }
        case Program.BRANCH -> {
          pending.push(program.second(instruction));
          pending.push(program.first(instruction));
        }
        case Program.NEXT_CHARACTER -> {
          if ((sets >>> program.first(instruction) & 1) != 0) {
            pending.push(program.second(instruction));
          }
        }
        default -> items.add(instruction);
      }
    }
    return false;
  }
}
