package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Comparison;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.OptionalInt;
import java.util.function.IntBinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Which masks are proved to be causal or a window, in the ways in which exporters write them, and which ones are not. */
class SlotMathTest {
  private static final int SLOTS = 12;
  private static final OptionalInt CAUSAL = OptionalInt.of(Integer.MAX_VALUE);
  private static final float MASKED = Float.NEGATIVE_INFINITY;

  private Sketch sketch = new Sketch(1);

  private OptionalInt window(Tensor mask) throws NotPlannable {
    return window(mask, Integer.MAX_VALUE);
  }

  private OptionalInt window(Tensor mask, int slidingWindow) throws NotPlannable {
    return new SlotMath(SLOTS, slidingWindow).window(sketch.lift(new FormGraph(), mask));
  }

  private Tensor slots() {
    return sketch.ints(new int[] {1, SLOTS}, IntStream.range(0, SLOTS).toArray());
  }

  private Tensor position() {
    return sketch.reshape(sketch.positions(), 1, 1);
  }

  private Tensor added(Tensor seen) {
    return sketch.select(seen, sketch.number(0), sketch.number(MASKED));
  }

  private Tensor and(Tensor a, Tensor b) {
    return sketch.op(new Op.Binary(BinaryFunction.LOGICAL_AND, Op.Activation.NONE), ElementType.BOOL,
        new int[] {1, SLOTS}, a, b);
  }

  /** {@code position - slot < window}. */
  private Tensor near(Tensor position, int window) {
    return sketch.compare(Comparison.LESS, sketch.binary(BinaryFunction.SUB, position, slots()),
        sketch.ints(new int[0], window));
  }

  private Tensor table(IntBinaryOperator seen) {
    float[] values = new float[SLOTS * SLOTS];
    for (int i = 0; i < values.length; i++) {
      values[i] = seen.applyAsInt(i / SLOTS, i % SLOTS) != 0 ? 0 : MASKED;
    }
    Tensor table = sketch.constant(new int[] {1, 1, SLOTS, SLOTS}, values);
    return sketch.op(new Op.Gather(2, 0), new int[] {1, 1, 1, SLOTS}, table, sketch.positions());
  }

  @Example
  void aCausalMaskThatTheSessionFillsIsCausal() throws Exception {
    assertEquals(CAUSAL, window(sketch.floats("mask", 2, 1, 1, 1, SLOTS)));
  }

  @Example
  void aSlidingMaskThatTheSessionFillsHasTheFilesWindow() throws Exception {
    Tensor mask = sketch.input("local_mask", ElementType.BOOL, 2, 1, 1, 1, SLOTS);
    assertEquals(OptionalInt.of(5), window(mask, 5));
  }

  @Example
  void aSlidingMaskWithoutAWindowIsNotProved() throws Exception {
    assertEquals(OptionalInt.empty(), window(sketch.floats("local_mask", 2, 1, 1, 1, SLOTS)));
  }

  @Example
  void comparedPositionsAreCausal() throws Exception {
    assertEquals(CAUSAL, window(sketch.compare(Comparison.LESS_EQUAL, slots(), position())));
  }

  @Example
  void comparedPositionsThatMissTheTokenItselfAreNotProved() throws Exception {
    assertEquals(OptionalInt.empty(), window(sketch.compare(Comparison.LESS, slots(), position())));
  }

  @Example
  void oneSlotOfTheFutureIsNotProved() throws Exception {
    Tensor next = sketch.binary(BinaryFunction.ADD, position(), sketch.ints(new int[0], 1));
    assertEquals(OptionalInt.empty(), window(sketch.compare(Comparison.LESS_EQUAL, slots(), next)));
  }

  @Example
  void aTableOfTrianglesIsCausal() throws Exception {
    assertEquals(CAUSAL, window(table((p, j) -> j <= p ? 1 : 0)));
  }

  @Example
  void aTableOfBandsIsAWindow() throws Exception {
    assertEquals(OptionalInt.of(4), window(table((p, j) -> j <= p && j > p - 4 ? 1 : 0)));
  }

  @Example
  void aTableWithOneWrongEntryIsNotProved() throws Exception {
    for (int wrong = 0; wrong < SLOTS * SLOTS; wrong++) {
      int at = wrong;
      Tensor mask = table((p, j) -> j <= p != (p * SLOTS + j == at) ? 1 : 0);
      // The corners stand for a distance of their own: hiding the first slot from the last row is a window.
      OptionalInt expected = at == SLOTS * (SLOTS - 1) ? OptionalInt.of(SLOTS - 1) : OptionalInt.empty();
      assertEquals(expected, window(mask), "entry " + at / SLOTS + ", " + at % SLOTS);
    }
  }

  @Example
  void aColumnOfATableIsNotTakenForARow() throws Exception {
    float[] values = new float[SLOTS * SLOTS]; // rows see the future; columns, in which it is read here, the past
    for (int i = 0; i < values.length; i++) {
      values[i] = i % SLOTS <= i / SLOTS ? 0 : MASKED;
    }
    Tensor table = sketch.constant(new int[] {SLOTS, SLOTS}, values);
    Tensor column = sketch.op(new Op.Gather(1, 0), new int[] {SLOTS, 1}, table, sketch.positions());
    assertEquals(OptionalInt.empty(), window(sketch.reshape(column, 1, SLOTS)));
  }

  @Example
  void aTableThatIsReadOneRowFurtherIsNotProved() throws Exception {
    float[] values = new float[SLOTS * SLOTS];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % SLOTS <= i / SLOTS ? 0 : MASKED;
    }
    Tensor next = sketch.binary(BinaryFunction.ADD, sketch.positions(), sketch.vector(1));
    Tensor row = sketch.op(new Op.Gather(0, 0), new int[] {1, SLOTS}, sketch.constant(new int[] {SLOTS, SLOTS}, values),
        next);
    assertEquals(OptionalInt.empty(), window(row));
  }

  @Example
  void whatIsMaskedByTenThousandIsHidden() throws Exception {
    Tensor seen = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    assertEquals(CAUSAL, window(sketch.select(seen, sketch.number(0), sketch.number(-1e4f))));
  }

  @Example
  void whatIsMaskedByAHundredMayStillBeSeen() throws Exception {
    Tensor seen = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    assertEquals(OptionalInt.empty(), window(sketch.select(seen, sketch.number(0), sketch.number(-100))));
  }

  @Example
  void whatIsSeenWithAnAddedNumberIsNotProved() throws Exception {
    Tensor seen = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    assertEquals(OptionalInt.empty(), window(sketch.select(seen, sketch.number(0.5f), sketch.number(MASKED))));
  }

  @Example
  void aMaskMadeOfVectorsIsProved() throws Exception {
    float[] hidden = new float[SLOTS];
    java.util.Arrays.fill(hidden, MASKED);
    Tensor seen = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    assertEquals(CAUSAL, window(sketch.select(seen, sketch.constant(new int[] {1, SLOTS}, new float[SLOTS]),
        sketch.constant(new int[] {1, SLOTS}, hidden))));
  }

  @Example
  void branchesThatAreNeverTakenMayBeAnything() throws Exception {
    Tensor unknown = sketch.floats("x", 0, 1, SLOTS);
    Tensor always = sketch.compare(Comparison.GREATER_EQUAL, position(), sketch.ints(new int[0], 0));
    Tensor mask = added(sketch.compare(Comparison.LESS_EQUAL, slots(), position()));
    assertEquals(CAUSAL, window(sketch.select(always, mask, unknown)));
    assertEquals(OptionalInt.empty(), window(sketch.select(always, unknown, mask)));
  }

  @Example
  void branchesThatSomePositionTakesAreNotIgnored() throws Exception {
    Tensor unknown = sketch.floats("x", 0, 1, SLOTS);
    Tensor mostly = sketch.compare(Comparison.LESS, position(), sketch.ints(new int[0], SLOTS - 1));
    Tensor mask = added(sketch.compare(Comparison.LESS_EQUAL, slots(), position()));
    assertEquals(OptionalInt.empty(), window(sketch.select(mostly, mask, unknown)));
  }

  @Example
  void theSmallerOfTwoMasksSeesWhatBothSee() throws Exception {
    Tensor causal = added(sketch.compare(Comparison.LESS_EQUAL, slots(), position()));
    Tensor close = added(near(position(), 3));
    assertEquals(OptionalInt.of(3), window(sketch.binary(BinaryFunction.MINIMUM, causal, close)));
    assertEquals(OptionalInt.of(3), window(sketch.binary(BinaryFunction.ADD, causal, close)));
    assertEquals(OptionalInt.empty(), window(sketch.binary(BinaryFunction.MAXIMUM, causal, close)));
  }

  @Example
  void zeroTimesInfinityIsNotProved() throws Exception {
    Tensor causal = added(sketch.compare(Comparison.LESS_EQUAL, slots(), position()));
    assertEquals(OptionalInt.empty(), window(sketch.binary(BinaryFunction.MUL, causal, sketch.number(0))));
  }

  @Example
  void aNegatedConditionIsTurned() throws Exception {
    Tensor future = sketch.compare(Comparison.GREATER, slots(), position());
    assertEquals(CAUSAL, window(sketch.unary(UnaryFunction.LOGICAL_NOT, future)));
    assertEquals(OptionalInt.empty(), window(future));
  }

  @Example
  void aWindowAsLongAsTheContextIsCausal() throws Exception {
    Tensor causal = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    assertEquals(CAUSAL, window(and(causal, near(position(), SLOTS))));
    assertEquals(CAUSAL, window(and(causal, near(position(), 1000))));
    assertEquals(OptionalInt.of(SLOTS - 1), window(and(causal, near(position(), SLOTS - 1))));
  }

  @Example
  void numbersThatBecomeBooleansAreTrueUnlessZero() throws Exception {
    Tensor causal = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    Tensor minusOne = sketch.select(causal, sketch.ints(new int[0], 0), sketch.ints(new int[0], -1));
    assertEquals(OptionalInt.empty(), window(sketch.cast(minusOne, ElementType.BOOL)), "-1 is true");
    Tensor two = sketch.select(causal, sketch.ints(new int[0], 2), sketch.ints(new int[0], 0));
    assertEquals(CAUSAL, window(sketch.cast(two, ElementType.BOOL)), "2 is true");
  }

  @Example
  void fractionsThatBecomeIntegersLoseTheirFraction() throws Exception {
    Tensor causal = sketch.compare(Comparison.LESS_EQUAL, slots(), position());
    Tensor half = sketch.cast(sketch.select(causal, sketch.number(0.5f), sketch.number(-0.5f)), ElementType.INT32);
    assertEquals(OptionalInt.empty(), window(sketch.cast(half, ElementType.BOOL)), "all are 0 and so false");
  }

  @Example
  void slotsThatRunAlongAnotherDimensionAreNotProved() throws Exception {
    // As many rows as slots: by size alone one could be taken for the other.
    Tensor rows = sketch.ints(new int[] {SLOTS, 1}, IntStream.range(0, SLOTS).toArray());
    Tensor hidden = sketch.compare(Comparison.LESS_EQUAL, rows, position());
    Tensor mask = sketch.op(new Op.BroadcastTo(), ElementType.BOOL, new int[] {SLOTS, SLOTS}, hidden,
        sketch.vector(SLOTS, SLOTS));
    Tensor both = sketch.op(new Op.Binary(BinaryFunction.LOGICAL_AND, Op.Activation.NONE), ElementType.BOOL,
        new int[] {SLOTS, SLOTS}, mask, sketch.compare(Comparison.LESS_EQUAL, slots(), position()));
    assertEquals(OptionalInt.empty(), window(both));
  }

  /** Any combination of a shift of the diagonal, a window, and the ways to compare, against the mask's own values. */
  @Property(tries = 500)
  void whatIsProvedHoldsForEachPositionAndSlot(@ForAll @IntRange(min = -3, max = 3) int shift,
      @ForAll @IntRange(min = -2, max = SLOTS + 3) int width, @ForAll Comparison future, @ForAll Comparison past,
      @ForAll boolean turned, @ForAll boolean either) throws Exception {
    sketch = new Sketch(1);
    Tensor limit = sketch.binary(BinaryFunction.ADD, position(), sketch.ints(new int[0], shift));
    Tensor first = turned ? sketch.compare(future, limit, slots()) : sketch.compare(future, slots(), limit);
    Tensor distance = sketch.binary(BinaryFunction.SUB, sketch.reshape(sketch.positions(), 1, 1), slots());
    Tensor second = sketch.compare(past, distance, sketch.ints(new int[0], width));
    BinaryFunction both = either ? BinaryFunction.LOGICAL_OR : BinaryFunction.LOGICAL_AND;
    Tensor seen = sketch.op(new Op.Binary(both, Op.Activation.NONE), ElementType.BOOL, new int[] {1, SLOTS}, first,
        second);
    IntBinaryOperator meaning = (p, j) -> {
      boolean a = turned ? holds(future, p + shift, j) : holds(future, j, p + shift);
      boolean b = holds(past, p - j, width);
      return (either ? a || b : a && b) ? 1 : 0;
    };
    OptionalInt expected = windowOf(meaning);
    UnaryOperator<Tensor> style = shift % 2 == 0 ? this::added : UnaryOperator.identity();
    assertEquals(expected, window(style.apply(seen)));
  }

  /** By trying each position and slot. */
  private static OptionalInt windowOf(IntBinaryOperator seen) {
    for (int window = 1; window <= SLOTS; window++) {
      boolean fits = true;
      for (int p = 0; p < SLOTS; p++) {
        for (int j = 0; j < SLOTS; j++) {
          fits &= (seen.applyAsInt(p, j) != 0) == (j <= p && j > p - window);
        }
      }
      if (fits) {
        return window == SLOTS ? CAUSAL : OptionalInt.of(window);
      }
    }
    return OptionalInt.empty();
  }

  private static boolean holds(Comparison comparison, int a, int b) {
    return switch (comparison) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
    };
  }

  private OptionalInt store(int count, Tensor... start) throws NotPlannable {
    return SlotMath.positionIn(sketch.lift(new FormGraph(), sketch.join(0, start)), count);
  }

  @Example
  void thePlaceOfAStoreIsTheDimensionThatHasThePosition() throws Exception {
    assertEquals(OptionalInt.of(1), store(4, sketch.vector(0), sketch.positions(), sketch.vector(0, 0)));
    assertEquals(OptionalInt.of(3), store(4, sketch.vector(0, 0, 0), sketch.positions()));
  }

  @Example
  void aPlaceThatIsNotThePositionAloneIsNone() throws Exception {
    Tensor shifted = sketch.binary(BinaryFunction.ADD, sketch.positions(), sketch.vector(1));
    assertEquals(OptionalInt.empty(), store(2, sketch.vector(0), shifted));
    Tensor twice = sketch.binary(BinaryFunction.ADD, sketch.positions(), sketch.positions());
    assertEquals(OptionalInt.empty(), store(2, sketch.vector(0), twice));
    assertEquals(OptionalInt.empty(), store(2, sketch.vector(1), sketch.positions()));
    assertEquals(OptionalInt.empty(), store(2, sketch.positions(), sketch.positions()));
    assertEquals(OptionalInt.empty(), store(2, sketch.vector(0), sketch.vector(0)));
    assertEquals(OptionalInt.empty(), store(3, sketch.vector(0), sketch.positions()));
  }
}
