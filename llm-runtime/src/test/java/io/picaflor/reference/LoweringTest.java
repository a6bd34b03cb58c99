package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.GraphReader;
import io.picaflor.graph.Op;
import io.picaflor.graph.Signature;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.Workers;
import io.picaflor.model.Bytes;
import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where values lie: state that is updated in place or copied, views, composites, constants that signatures share. */
class LoweringTest {
  private static final int CACHE = 8 * 4;

  private final TfliteWriter file = TfliteWriter.file();
  private final Graph g = file.graph("main");
  private final Arena arena = Arena.ofConfined();
  private final Workers workers = new Workers(1);
  private final Map<String, MemorySegment> states = new TreeMap<>();
  private int lowered;

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  /** A state of 8 floats, 0 to 7, that gets 10 and 11 at a start that is an operand. */
  private int cache() {
    return g.input("cache", Type.FLOAT32, 8);
  }

  private int update(int of) {
    int updated = g.value(Type.FLOAT32, 8);
    int rows = g.floats(shape(2), 10, 11);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {of, rows, g.input("start" + of, Type.INT32, 1)}, updated);
    return updated;
  }

  private Program lower(String... stateNames) throws IOException {
    String name = "run" + lowered++;
    return Trial.lower(file.signature(name, g).done(), name, Set.of(stateNames), arena);
  }

  private Frame frame(Program program, int start) {
    program.stateBytes().forEach((name, bytes) -> {
      MemorySegment state = arena.allocate(bytes, 64);
      for (int i = 0; i < bytes / 4; i++) {
        state.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      states.put(name, state);
    });
    MemorySegment scratch = arena.allocate(Math.max(1, program.scratchBytes()), 64);
    Frame frame = new Frame(program, scratch, states, arena, Kernels.choose(null), workers);
    for (String name : program.inputNames()) {
      if (name.startsWith("start")) {
        frame.input(name).set(ValueLayout.JAVA_INT, 0, start);
      }
    }
    return frame;
  }

  private float[] state(String name) {
    return states.get(name).toArray(ValueLayout.JAVA_FLOAT);
  }

  /** Whether scratch memory of a size is taken, as a copy of the cache would. */
  private static boolean anyTemporaryOfSize(Program program, long bytes) {
    return program.storages().stream()
        .anyMatch(s -> s.origin() instanceof Storage.Origin.Temporary && s.bytes() == bytes);
  }

  @Test
  void stateThatNobodyReadsLaterIsUpdatedInPlace() throws IOException {
    int updated = update(cache());
    g.output("cache", updated);
    Program program = lower("cache");
    assertTrue(!anyTemporaryOfSize(program, CACHE) && program.scratchBytes() == 0, "no copy is made");
    assertEquals(Map.of("cache", 32L), program.stateBytes());
    assertEquals(Set.of("start0"), program.inputNames());
    assertEquals(Set.of(), program.outputNames());
    frame(program, 3).run();
    assertArrayEquals(new float[] {0, 1, 2, 10, 11, 5, 6, 7}, state("cache"));
  }

  @Test
  void readersOfTheNewStateReadItWhereItLies() throws IOException {
    int updated = update(cache());
    int doubled = g.value(Type.FLOAT32, 8);
    g.op(Codes.ADD, new int[] {updated, updated}, doubled);
    g.output("cache", updated).output("y", doubled);
    Program program = lower("cache");
    Frame frame = frame(program, 7); // moved back to 6
    frame.run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 10, 11}, state("cache"));
    assertArrayEquals(new float[] {0, 2, 4, 6, 8, 10, 20, 22}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
    assertEquals(64, program.scratchBytes());
  }

  @Test
  void stateWhoseOldValueIsReadLaterIsCopied() throws IOException {
    int old = cache();
    int updated = update(old);
    int difference = g.value(Type.FLOAT32, 8);
    g.op(Codes.SUB, new int[] {updated, old}, difference);
    g.output("cache", updated).output("y", difference);
    Program program = lower("cache");
    assertTrue(anyTemporaryOfSize(program, CACHE));
    Frame frame = frame(program, 1);
    frame.run();
    assertArrayEquals(new float[] {0, 9, 9, 0, 0, 0, 0, 0}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(new float[] {0, 10, 11, 3, 4, 5, 6, 7}, state("cache"));
    frame.run();
    assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0, 0, 0}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void anOldValueThatIsReadThroughAViewIsCopiedToo() throws IOException {
    int old = cache();
    int view = g.value(Type.FLOAT32, 2, 4);
    g.op(Codes.RESHAPE, new int[] {old, g.vector(2, 4)}, view);
    int updated = update(old);
    int sum = g.value(Type.FLOAT32, 2);
    g.op(Codes.SUM, new int[] {view, g.vector(1)}, sum);
    g.output("cache", updated).output("y", sum);
    Frame frame = frame(lower("cache"), 0);
    frame.run();
    assertArrayEquals(new float[] {6, 22}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(new float[] {10, 11, 2, 3, 4, 5, 6, 7}, state("cache"));
  }

  @Test
  void twoUpdatesInARowAreBothInPlace() throws IOException {
    int once = update(cache());
    int twice = update(once);
    g.output("cache", twice);
    Program program = lower("cache");
    assertEquals(0, program.scratchBytes());
    Frame frame = frame(program, 2);
    frame.input("start0").set(ValueLayout.JAVA_INT, 0, 5);
    frame.run();
    assertArrayEquals(new float[] {0, 1, 10, 11, 4, 10, 11, 7}, state("cache"));
  }

  @Test
  void twoUpdatesOfTheSameOldValueKeepItForTheSecond() throws IOException {
    int old = cache();
    int one = update(old);
    int rows = g.floats(shape(2), 20, 21);
    int other = g.value(Type.FLOAT32, 8);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {old, rows, g.vector(4)}, other);
    g.output("cache", one).output("y", other);
    Frame frame = frame(lower("cache"), 0);
    frame.run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 20, 21, 6, 7}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(new float[] {10, 11, 2, 3, 4, 5, 6, 7}, state("cache"));
  }

  @Test
  void theOldValueIsGivenOutThoughTheStateGetsANewOne() throws IOException {
    int old = cache();
    int doubled = g.value(Type.FLOAT32, 8);
    g.op(Codes.ADD, new int[] {old, old}, doubled);
    g.output("cache", doubled).output("old", old);
    Frame frame = frame(lower("cache"), 0);
    frame.run();
    assertArrayEquals(new float[] {0, 2, 4, 6, 8, 10, 12, 14}, state("cache"));
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, frame.output("old").toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void operandsOfTheCallerAndStateThatIsOnlyReadAreNeverOverwritten() throws IOException {
    int updated = update(cache());
    g.output("other", updated);
    Program program = lower("cache");
    assertTrue(anyTemporaryOfSize(program, CACHE));
    Frame frame = frame(program, 0);
    frame.run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, state("cache"));
    assertArrayEquals(new float[] {10, 11, 2, 3, 4, 5, 6, 7}, frame.output("other").toArray(ValueLayout.JAVA_FLOAT));

    Frame asInput = frame(lower(), 0);
    asInput.run();
    assertArrayEquals(new float[8], asInput.input("cache").toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void stateThatIsComputedAnewIsCopiedBackWhenAllIsDone() throws IOException {
    int old = cache();
    int doubled = g.value(Type.FLOAT32, 8);
    g.op(Codes.ADD, new int[] {old, old}, doubled);
    int same = g.value(Type.FLOAT32, 8);
    g.op(Codes.SUB, new int[] {doubled, old}, same);
    g.output("cache", doubled).output("y", same);
    Frame frame = frame(lower("cache"), 0);
    frame.run();
    assertArrayEquals(new float[] {0, 2, 4, 6, 8, 10, 12, 14}, state("cache"));
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, frame.output("y").toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void stateThatIsReturnedUntouchedStays() throws IOException {
    int old = cache();
    int sum = g.value(Type.FLOAT32);
    g.op(Codes.SUM, new int[] {old, g.vector(0)}, sum);
    g.output("cache", old).output("y", sum);
    Frame frame = frame(lower("cache"), 0);
    frame.run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, state("cache"));
    assertEquals(28, frame.output("y").get(ValueLayout.JAVA_FLOAT, 0));
  }

  @Test
  void oneStateReturnedAsAnotherIsNotSupported() {
    int a = g.input("a", Type.FLOAT32, 8);
    int b = g.input("b", Type.FLOAT32, 8);
    g.output("a", b).output("b", a);
    String message = assertThrows(UnsupportedModelException.class, () -> lower("a", "b")).getMessage();
    assertTrue(message.contains("state b is returned as a"), message);
  }

  @Test
  void stateOfAnotherShapeOrTypeIsRefused() {
    int old = cache();
    int sum = g.value(Type.FLOAT32, 1);
    g.op(Codes.SUM, new int[] {old, g.vector(0)}, sum);
    g.output("cache", sum);
    String message = assertThrows(ModelFormatException.class, () -> lower("cache")).getMessage();
    assertTrue(message.contains("state cache comes in as t0 float32[8] and goes out as t1 float32[1]"), message);
  }

  @Test
  void reshapesTakeNeitherMemoryNorTime() throws IOException {
    int x = g.input("x", Type.FLOAT32, 8);
    int doubled = g.value(Type.FLOAT32, 8);
    g.op(Codes.ADD, new int[] {x, x}, doubled);
    int view = g.value(Type.FLOAT32, 2, 4);
    g.op(Codes.RESHAPE, new int[] {doubled, g.vector(2, 4)}, view);
    g.output("y", view);
    Program program = lower();
    assertEquals(64, program.scratchBytes());
    assertEquals(1, program.storages().stream().filter(s -> s.origin() instanceof Storage.Origin.Temporary).count());
    assertEquals("[2, 4]", program.outputShape("y").toString());
    Frame frame = frame(program, 0);
    frame.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, 5, 21);
    frame.run();
    assertEquals(42, frame.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, 5));
  }

  @Test
  void anUpdateThroughAViewOfTheStateIsInPlace() throws IOException {
    int old = cache();
    int view = g.value(Type.FLOAT32, 4, 2);
    g.op(Codes.RESHAPE, new int[] {old, g.vector(4, 2)}, view);
    int updated = g.value(Type.FLOAT32, 4, 2);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {view, g.floats(shape(1, 2), 10, 11), g.vector(2, 0)}, updated);
    int back = g.value(Type.FLOAT32, 8);
    g.op(Codes.RESHAPE, new int[] {updated, g.vector(8)}, back);
    g.output("cache", back);
    Program program = lower("cache");
    assertEquals(0, program.scratchBytes());
    frame(program, 0).run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 10, 11, 6, 7}, state("cache"));
  }

  @Test
  void aStateUpdatedWithItselfIsCopied() throws IOException {
    int old = cache();
    int updated = g.value(Type.FLOAT32, 8);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {old, old, g.vector(0)}, updated);
    g.output("cache", updated);
    Program program = lower("cache");
    assertTrue(anyTemporaryOfSize(program, CACHE));
    frame(program, 0).run();
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, state("cache"));
  }

  @Test
  void compositesOfCompositesAreTakenApart() throws IOException {
    Graph inner = file.graph("inner");
    int x = inner.input("x", Type.FLOAT32, 2);
    int y = inner.value(Type.FLOAT32, 2);
    inner.op(Codes.ADD, new int[] {x, inner.floats(shape(), 1)}, y).output("y", y);
    Graph outer = file.graph("outer");
    int a = outer.input("a", Type.FLOAT32, 2);
    int b = outer.value(Type.FLOAT32, 2);
    int c = outer.value(Type.FLOAT32, 2);
    outer.composite("inner", Map.of(), inner.index(), new int[] {a}, b)
        .composite("inner", Map.of(), inner.index(), new int[] {b}, c).output("c", c);
    int in = g.input("in", Type.FLOAT32, 2);
    int out = g.value(Type.FLOAT32, 2);
    int again = g.value(Type.FLOAT32, 2);
    g.composite("outer", Map.of(), outer.index(), new int[] {in}, out);
    g.op(Codes.MUL, new int[] {out, in}, again).output("again", again).output("out", out);
    Program program = lower();
    assertEquals(3, program.steps().size());
    Frame frame = frame(program, 0);
    frame.input("in").copyFrom(MemorySegment.ofArray(Packed.floats(3, 4)));
    frame.run();
    assertArrayEquals(new float[] {5, 6}, frame.output("out").toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(new float[] {15, 24}, frame.output("again").toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void compositesThatMultiplyWithoutEndAreRefused() {
    Graph last = file.graph("level");
    last.output("y", last.input("x", Type.FLOAT32, 1));
    for (int level = 0; level < 14; level++) {
      Graph next = file.graph("level");
      int x = next.input("x", Type.FLOAT32, 1);
      for (int i = 0; i < 10; i++) {
        int y = next.value(Type.FLOAT32, 1);
        next.composite("level", Map.of(), last.index(), new int[] {x}, y);
        x = y;
      }
      next.output("y", x);
      last = next;
    }
    int in = g.input("in", Type.FLOAT32, 1);
    int out = g.value(Type.FLOAT32, 1);
    g.composite("level", Map.of(), last.index(), new int[] {in}, out).output("out", out);
    String message = assertThrows(ModelFormatException.class, () -> lower()).getMessage();
    assertTrue(message.contains("composites taken apart"), message);
  }

  @Test
  void signaturesThatShareABufferAndItsScalesPackItOnce() throws IOException {
    int weights = file.buffer(new byte[] {1, 2, 3, 4});
    for (float scale : new float[] {0.5f, 0.5f, 0.25f}) {
      Graph graph = file.graph("layer");
      int x = graph.input("x", Type.FLOAT32, 1, 2);
      int w = graph.add(TfliteWriter.tensor(Type.INT8, 2, 2).buffer(weights).scales(0, scale));
      int y = graph.value(Type.FLOAT32, 1, 2);
      graph.op(Codes.FULLY_CONNECTED, new int[] {x, w}, y).output("y", y);
      file.signature("s" + graph.index(), graph);
    }
    byte[] bytes = file.done();
    var reader = new GraphReader(new Bytes("model", "graph", 0, MemorySegment.ofArray(bytes)), Optional.empty());
    Constants constants = new Constants("model", Kernels.choose(null), arena);
    PackedWeights[] packed = new PackedWeights[3];
    for (int i = 0; i < 3; i++) {
      Signature signature = reader.signature("s" + (i + 1));
      assertTrue(signature.body().nodes().getFirst().op() instanceof Op.FullyConnected);
      packed[i] = constants.weights(signature.body().nodes().getFirst().input(1), false);
    }
    assertSame(packed[0], packed[1]);
    assertNotEquals(packed[0], packed[2]);
    var constant = reader.signature("s1").body().nodes().getFirst().input(1);
    assertSame(constants.segment(constant, true), constants.segment(constant, true));
  }

  @Test
  void moreMemoryThanThereIsIsRefusedWithBothNumbers() {
    int x = g.input("x", Type.FLOAT32, 1 << 20);
    int y = g.value(Type.FLOAT32, 1 << 20);
    g.op(Codes.ADD, new int[] {x, x}, y).output("y", y);
    byte[] bytes = file.signature("run", g).done();
    String message = assertThrows(UnsupportedModelException.class, () -> lowerWithin(bytes, 3 << 20)).getMessage();
    assertEquals(
        "model: signature run: what it computes needs 4 MiB of memory beside the 0 MiB for what was read before it,"
            + " and the machine has 3 MiB",
        message);
    message = assertThrows(UnsupportedModelException.class, () -> lowerWithin(bytes, 6 << 20)).getMessage();
    assertTrue(message.contains("input x needs 4 MiB of memory beside the 4 MiB"), message);
  }

  private void lowerWithin(byte[] bytes, long memory) throws IOException {
    var reader = new GraphReader(new Bytes("model", "graph", 0, MemorySegment.ofArray(bytes)), Optional.empty());
    Constants constants = new Constants("model", Kernels.choose(null), arena, MemoryBudget.of("model", memory));
    Lowering.lower("model", reader.signature("run"), Set.of(), constants);
  }

  @Test
  void moreMemoryThanTheMachineHasIsRefused() {
    for (int i = 0; i < 20; i++) {
      g.input("x" + i, Type.FLOAT32, 1 << 30, 1 << 10);
    }
    String message = assertThrows(UnsupportedModelException.class, () -> lower()).getMessage();
    assertTrue(message.contains("input x0 needs 4194304 MiB"), message);
  }

  @Test
  void tensorsOfTooManyElementsAreRefused() {
    int x = g.input("x", Type.BOOL, 1 << 16, 1 << 15);
    int y = g.value(Type.BOOL, 1 << 16, 1 << 15);
    g.op(Codes.LOGICAL_NOT, new int[] {x}, y).output("y", y);
    String message = assertThrows(UnsupportedModelException.class, () -> lower()).getMessage();
    assertTrue(message.contains("LOGICAL_NOT") && message.contains("2147483648 elements"), message);
  }

  @Test
  void aResultThatIsAConstantOrAnOperandIsGivenOut() throws IOException {
    int x = g.input("x", Type.FLOAT32, 2);
    int three = g.floats(shape(1), 3);
    g.output("x2", x).output("three", three);
    Frame frame = frame(lower(), 0);
    frame.input("x").copyFrom(MemorySegment.ofArray(Packed.floats(5, 6)));
    frame.run();
    assertArrayEquals(new float[] {5, 6}, frame.output("x2").toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(new float[] {3}, frame.output("three").toArray(ValueLayout.JAVA_FLOAT));
  }
}
