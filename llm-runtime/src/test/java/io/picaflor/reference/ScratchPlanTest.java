package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Storages that live at the same time never overlap, and memory is used again. */
class ScratchPlanTest {
  /** A storage from the step that writes it to the last one that reads it. */
  private record Life(Storage storage, int from, int to) {
    boolean meets(Life other) {
      return from <= other.to && other.from <= to;
    }
  }

  private static Life life(int slot, int from, int lastRead, long bytes) {
    Storage storage = new Storage(slot, new Storage.Origin.Temporary(), bytes);
    storage.readAt(lastRead);
    return new Life(storage, from, Math.max(from, lastRead));
  }

  private static ScratchPlan plan(int steps, List<Life> lives) {
    ScratchPlan plan = new ScratchPlan(steps);
    for (int step = 0; step < steps; step++) {
      for (Life life : lives) {
        if (life.from == step) {
          plan.place(life.storage, step);
        }
      }
      plan.finish(step);
    }
    return plan;
  }

  @Test
  void twoThatLiveAtTheSameTimeNeverOverlap() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int steps = 1 + random.nextInt(40);
      List<Life> lives = new ArrayList<>();
      for (int i = random.nextInt(60); i >= 0; i--) {
        int from = random.nextInt(steps);
        int lastRead = switch (random.nextInt(4)) {
          case 0 -> -1; // nobody reads it
          case 1 -> Integer.MAX_VALUE; // a result of the program
          default -> from + random.nextInt(steps - from);
        };
        lives.add(life(i, from, lastRead, random.nextInt(5) * 64L + random.nextInt(65)));
      }
      ScratchPlan plan = plan(steps, lives);
      for (Life a : lives) {
        long end = plan.offset(a.storage) + a.storage.bytes();
        assertTrue(end <= plan.bytes() && plan.offset(a.storage) % 64 == 0, "seed " + seed + ", round " + round);
        for (Life b : lives) {
          boolean apart = end <= plan.offset(b.storage) || plan.offset(b.storage)
              + b.storage.bytes() <= plan.offset(a.storage);
          assertTrue(a == b || !a.meets(b) || apart, "seed " + seed + ", round " + round + ": " + a + " and " + b);
        }
      }
    }
  }

  @Test
  void aChainOfAnyLengthTakesTwoPlaces() {
    List<Life> chain = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      chain.add(life(i, i, i + 1, 1000));
    }
    assertEquals(2 * 1024, plan(101, chain).bytes());
  }

  @Test
  void whatNobodyReadsGivesItsPlaceBack() {
    List<Life> lives = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lives.add(life(i, i, -1, 64));
    }
    assertEquals(64, plan(100, lives).bytes());
  }

  @Test
  void neighboursThatWereGivenBackMakeRoomForALargerOne() {
    List<Life> lives = List.of(life(0, 0, 0, 64), life(1, 0, 0, 64), life(2, 1, 1, 128));
    assertEquals(128, plan(2, lives).bytes());
  }
}
