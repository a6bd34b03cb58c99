package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.GraphReader;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.Bytes;
import io.picaflor.testfiles.FlatWriter.Table;
import io.picaflor.testfiles.Packed;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.TensorSpec;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A graph of one operation, written, read, lowered and run: each test says operands, results and what it expects. */
final class Trial {
  private static final Kernels KERNELS = Kernels.choose(null);

  private final TfliteWriter file = TfliteWriter.file();
  private final Graph graph = file.graph("main");
  private final List<Integer> operands = new ArrayList<>();
  private final List<Integer> results = new ArrayList<>();
  private final Map<String, byte[]> values = new LinkedHashMap<>();
  private Operator operator;

  private interface Operator {
    void add(int[] operands, int[] results);
  }

  private Trial() {}

  /** An operation without options. */
  static Trial of(int code) {
    return of(code, 0, null);
  }

  /** An operation with options. */
  static Trial of(int code, int tag, Table options) {
    Trial trial = new Trial();
    trial.operator = (in, out) -> trial.graph.op(code, tag, options, in, out);
    return trial;
  }

  /** A custom operation. */
  static Trial custom(String name, Map<String, Object> attributes) {
    Trial trial = new Trial();
    trial.operator = (in, out) -> trial.graph.custom(name, attributes, in, out);
    return trial;
  }

  /** A composite, whose decomposition the caller writes. */
  static Trial composite(String name, Map<String, Object> attributes) {
    Trial trial = new Trial();
    trial.operator = (in, out) -> trial.graph.composite(name, attributes, 1, in, out);
    return trial;
  }

  /** The file that the operation stands in. */
  TfliteWriter file() {
    return file;
  }

  /** The subgraph that the operation stands in. */
  Graph graph() {
    return graph;
  }

  static int[] shape(int... sizes) {
    return sizes;
  }

  /** An operand that is set when the graph runs. */
  Trial in(Type type, int[] shape, byte[] bytes) {
    String name = "in" + operands.size();
    operands.add(graph.input(name, type, shape));
    values.put(name, bytes);
    return this;
  }

  Trial floats(int[] shape, float... elements) {
    return in(Type.FLOAT32, shape, Packed.floats(elements));
  }

  Trial ints(int[] shape, int... elements) {
    return in(Type.INT32, shape, Packed.ints(elements));
  }

  Trial booleans(int[] shape, boolean... elements) {
    return in(Type.BOOL, shape, Packed.booleans(elements));
  }

  /** An operand whose values stand in the file. */
  Trial constant(TensorSpec spec) {
    operands.add(graph.add(spec));
    return this;
  }

  Trial constantFloats(int[] shape, float... elements) {
    return constant(TfliteWriter.tensor(Type.FLOAT32, shape).data(Packed.floats(elements)));
  }

  Trial constantInts(int[] shape, int... elements) {
    return constant(TfliteWriter.tensor(Type.INT32, shape).data(Packed.ints(elements)));
  }

  /** A vector of numbers that stand in the file. */
  Trial numbers(int... elements) {
    return constantInts(shape(elements.length), elements);
  }

  /** A number that stands in the file. */
  Trial number(int element) {
    return constantInts(shape(), element);
  }

  /** An operand that is another tensor of the graph. */
  Trial tensor(int index) {
    operands.add(index);
    return this;
  }

  /** The value of an operand of the graph that another operator reads. */
  Trial with(String operand, byte[] bytes) {
    values.put(operand, bytes);
    return this;
  }

  /** An optional operand that is not there. */
  Trial absent() {
    operands.add(-1);
    return this;
  }

  Trial result(Type type, int... shape) {
    return result(TfliteWriter.tensor(type, shape));
  }

  Trial result(TensorSpec spec) {
    results.add(graph.add(spec));
    return this;
  }

  /** The whole file. */
  byte[] bytes() {
    operator.add(operands.stream().mapToInt(i -> i).toArray(), results.stream().mapToInt(i -> i).toArray());
    for (int i = 0; i < results.size(); i++) {
      graph.output("out" + i, results.get(i));
    }
    return file.signature("run", graph).done();
  }

  /** Results of a run, copied. */
  record Outcome(List<byte[]> results) {
    private MemorySegment segment(int i) {
      return MemorySegment.ofArray(results.get(i));
    }

    float[] floats(int i) {
      return segment(i).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    int[] ints(int i) {
      return segment(i).toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }
  }

  /** Runs the graph. */
  Outcome run() throws IOException {
    return run(bytes(), values, results.size());
  }

  static Program lower(byte[] file, String signature, Set<String> states, Arena arena) throws IOException {
    var reader = new GraphReader(new Bytes("model", "graph", 0, MemorySegment.ofArray(file)), Optional.empty());
    return Lowering.lower("model", reader.signature(signature), states, new Constants("model", KERNELS, arena));
  }

  private static Outcome run(byte[] file, Map<String, byte[]> values, int count) throws IOException {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Program program = lower(file, "run", Set.of(), arena);
      MemorySegment scratch = arena.allocate(Math.max(1, program.scratchBytes()), 64);
      scratch.fill((byte) 0x7B); // a step that leaves a part of its result unwritten shows
      Frame frame = new Frame(program, scratch, Map.of(), arena, KERNELS, workers);
      values.forEach((name, bytes) -> MemorySegment.copy(MemorySegment.ofArray(bytes), 0, frame.input(name), 0,
          bytes.length));
      frame.run();
      List<byte[]> results = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        results.add(frame.output("out" + i).toArray(ValueLayout.JAVA_BYTE));
      }
      return new Outcome(results);
    }
  }

  /** Runs the graph and compares its only result, bit for bit. */
  void gives(float... expected) throws IOException {
    assertArrayEquals(expected, run().floats(0));
  }

  /** Runs the graph and compares its only result up to a relative error, and as much absolute error. */
  void givesAbout(double tolerance, double... expected) throws IOException {
    float[] found = run().floats(0);
    assertEquals(expected.length, found.length);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], tolerance * Math.max(1, Math.abs(expected[i])), "element " + i);
    }
  }

  /** Runs the graph and compares its only result. */
  void gives(int... expected) throws IOException {
    assertArrayEquals(expected, run().ints(0));
  }

  /** Runs the graph and compares its only result, which is boolean. */
  void gives(boolean... expected) throws IOException {
    assertArrayEquals(Packed.booleans(expected), run().results().getFirst());
  }

  /** Expects a refusal of the file as broken, and returns its message. */
  String broken() {
    byte[] file = bytes();
    return assertThrows(ModelFormatException.class, () -> run(file, values, results.size())).getMessage();
  }

  /** Expects a refusal of the file as not supported, and returns its message. */
  String unsupported() {
    byte[] file = bytes();
    return assertThrows(UnsupportedModelException.class, () -> run(file, values, results.size())).getMessage();
  }

  /** Expects that the run fails, and returns the message. */
  String fails() {
    byte[] file = bytes();
    return assertThrows(IllegalStateException.class, () -> run(file, values, results.size())).getMessage();
  }
}
