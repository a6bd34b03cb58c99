package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.OperandRole;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Values that live at the same time lie apart, and those that do not share their memory. */
class PlacementTest {
  private final FormGraph graph = new FormGraph();

  private Placement.Slot slot(int i) {
    return new Placement.Slot(graph.form(new Kind.Operand(OperandRole.EMBEDDINGS, "x" + i), List.of(),
        ElementType.FLOAT32, List.of()), false);
  }

  @Property(tries = 200)
  void noTwoValuesThatLiveTogetherOverlap(@ForAll @IntRange(min = 1, max = 40) int steps, @ForAll long seed) {
    Random random = new Random(seed);
    List<List<Placement.Slot>> written = new ArrayList<>();
    Map<Placement.Slot, Integer> lastRead = new HashMap<>();
    Map<Placement.Slot, Long> bytes = new HashMap<>();
    Map<Placement.Slot, Integer> born = new HashMap<>();
    for (int step = 0; step < steps; step++) {
      List<Placement.Slot> now = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        Placement.Slot slot = slot(bytes.size());
        now.add(slot);
        born.put(slot, step);
        bytes.put(slot, (long) random.nextInt(1000));
        if (random.nextInt(5) > 0) { // some are read by nobody
          lastRead.put(slot, Math.min(steps, step + random.nextInt(10)));
        }
      }
      written.add(now);
    }
    Placement placement = new Placement(written, lastRead, bytes::get);
    for (Placement.Slot a : bytes.keySet()) {
      assertTrue(placement.offset(a) >= 0 && placement.offset(a) + bytes.get(a) <= placement.bytes());
      assertEquals(0, placement.offset(a) % 64);
      for (Placement.Slot b : bytes.keySet()) {
        boolean together = born.get(a) <= lastRead.getOrDefault(b, born.get(b))
            && born.get(b) <= lastRead.getOrDefault(a, born.get(a));
        boolean apart = placement.offset(a) + bytes.get(a) <= placement.offset(b)
            || placement.offset(b) + bytes.get(b) <= placement.offset(a);
        assertTrue(a == b || !together || apart, () -> a + " and " + b);
      }
    }
  }

  @Example
  void aChainOfValuesTakesTheRoomOfTwo() {
    List<List<Placement.Slot>> written = new ArrayList<>();
    Map<Placement.Slot, Integer> lastRead = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      written.add(List.of(slot(i)));
      lastRead.put(slot(i), i + 1);
    }
    long one = new Placement(List.of(List.of(slot(0))), Map.of(), slot -> 4096).bytes();
    assertEquals(2 * one, new Placement(written, lastRead, slot -> 4096).bytes());
  }
}
