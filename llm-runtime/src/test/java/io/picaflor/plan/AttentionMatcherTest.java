package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.picaflor.ModelFormatException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.AttentionShape;
import io.picaflor.model.Bytes;
import io.picaflor.model.FlexMap;
import io.picaflor.testfiles.FlexWriter;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

/**
 * Attention in the ways of exporters, and what only looks like it.
 *
 * <p>There are as many slots as channels and as heads, so that no size tells which dimension is which.
 */
class AttentionMatcherTest {
  private static final int S = 4;
  private static final int D = 4;
  private static final int KV = 2;
  private static final int H = 4;
  private static final int ALL = Integer.MAX_VALUE;

  private final Sketch s = new Sketch(1);

  private Tensor store(String name, int dimension, int... shape) {
    int[] row = shape.clone();
    row[dimension] = 1;
    Tensor[] start = new Tensor[shape.length];
    for (int i = 0; i < start.length; i++) {
      start[i] = i == dimension ? s.positions() : s.vector(0);
    }
    return s.op(new Op.DynamicUpdateSlice(), shape, s.state("kv_" + name, shape), s.floats("row_" + name, 0, row),
        s.join(0, start));
  }

  private Tensor causal() {
    Tensor slots = s.ints(new int[] {1, S}, IntStream.range(0, S).toArray());
    return s.compare(Op.Comparison.LESS_EQUAL, slots, s.reshape(s.positions(), 1, 1));
  }

  private Tensor added() {
    return s.select(causal(), s.number(0), s.number(Float.NEGATIVE_INFINITY));
  }

  private Tensor product(Tensor a, Tensor b, boolean adjoint, int... shape) {
    return s.op(new Op.BatchMatmul(false, adjoint), shape, a, b);
  }

  private Form recognised(Tensor tensor) throws NotPlannable {
    FormGraph graph = new FormGraph();
    return Recognised.of(graph, s.lift(graph, tensor), S);
  }

  private void isNone(Tensor tensor) throws NotPlannable {
    Form form = recognised(tensor);
    assertFalse(Rewriting.reachable(List.of(form)).stream().anyMatch(f -> f.kind() instanceof Kind.Attention),
        form.kind() + " of " + form.inputs());
  }

  private void is(AttentionShape shape, int operands, Tensor tensor) throws NotPlannable {
    Form form = recognised(tensor);
    assertEquals(new Kind.Attention(shape), form.kind());
    assertEquals(operands, form.inputs().size());
  }

  /** {@code softmax(scores + mask) . V} of keys as [heads, slots, channels] and values as [heads, channels, slots]. */
  private Tensor grouped(Tensor scores, Tensor values) {
    return product(softmax(scores), values, true, 1, KV, H / KV, D);
  }

  private Tensor softmax(Tensor scores) {
    return s.op(new Op.Softmax(1), scores.shape().sizes(), scores);
  }

  private Tensor scores(Tensor keys) {
    return product(s.floats("q", 2, 1, KV, H / KV, D), keys, true, 1, KV, H / KV, S);
  }

  private Tensor keys() {
    return store("k", 2, 1, KV, S, D);
  }

  private Tensor values() {
    return store("v", 3, 1, KV, D, S);
  }

  private Tensor add(Tensor a, Tensor b) {
    return s.binary(BinaryFunction.ADD, a, b);
  }

  @Test
  void productsOfGroupedQueriesWithTransposedStores() throws Exception {
    is(new AttentionShape(H, KV, D, D, 1, 0, ALL), 3, grouped(add(scores(keys()), added()), values()));
    is(new AttentionShape(H, KV, D, D, 1, 0, ALL), 3, grouped(add(added(), scores(keys())), values()));
  }

  @Test
  void scalesBeforeAndBehindTheScoresAndACap() throws Exception {
    Tensor scaled = s.binary(BinaryFunction.MUL, scores(keys()), s.number(0.5f));
    is(new AttentionShape(H, KV, D, D, 0.5f, 0, ALL), 3, grouped(add(scaled, added()), values()));
    Tensor capped = s.binary(BinaryFunction.MUL,
        s.unary(UnaryFunction.TANH, s.binary(BinaryFunction.DIV, scaled, s.number(50))), s.number(50));
    is(new AttentionShape(H, KV, D, D, 0.5f, 50, ALL), 3, grouped(add(capped, added()), values()));
    Tensor q = s.binary(BinaryFunction.MUL, s.floats("q", 2, 1, KV, H / KV, D), s.number(0.25f));
    Tensor early = product(q, keys(), true, 1, KV, H / KV, S);
    is(new AttentionShape(H, KV, D, D, 0.25f, 0, ALL), 3, grouped(add(early, added()), values()));
  }

  @Test
  void aMaskOfTruthValuesReplacesScores() throws Exception {
    is(new AttentionShape(H, KV, D, D, 1, 0, ALL), 3,
        grouped(s.select(causal(), scores(keys()), s.number(-1e4f)), values()));
    isNone(grouped(s.select(causal(), s.number(-1e4f), scores(keys())), values()));
    isNone(grouped(s.select(causal(), scores(keys()), s.number(-1)), values()));
  }

  @Test
  void aMaskThatIsNotProvedStaysAnOperand() throws Exception {
    is(new AttentionShape(H, KV, D, D, 1, 0, ALL), 4,
        grouped(add(scores(keys()), s.floats("m", 2, 1, 1, 1, S)), values()));
  }

  @Test
  void aMaskAlongAnotherDimensionIsNone() throws Exception {
    Tensor ofHeads = s.floats("m", 1, 1, KV, 1, 1);
    isNone(grouped(add(scores(keys()), ofHeads), values()));
    // As many rows of queries as slots: the mask of slots is spread over the rows.
    Tensor q = s.floats("q", 2, 1, KV, S, D);
    Tensor scores = product(q, keys(), true, 1, KV, S, S);
    Tensor spread = s.op(new Op.Binary(BinaryFunction.ADD, Op.Activation.NONE), new int[] {1, KV, S, S}, scores,
        s.reshape(s.floats("m2", 1, 1, S), 1, 1, S, 1));
    isNone(product(softmax(spread), values(), true, 1, KV, S, D));
  }

  @Test
  void scoresWithoutAMaskAreNone() throws Exception {
    isNone(grouped(scores(keys()), values()));
  }

  @Test
  void aSharperSoftmaxIsNone() throws Exception {
    Tensor scores = add(scores(keys()), added());
    Tensor sharp = s.op(new Op.Softmax(2), scores.shape().sizes(), scores);
    isNone(product(sharp, values(), true, 1, KV, H / KV, D));
  }

  @Test
  void productsOverTheOtherDimensionAreNone() throws Exception {
    // S = D: the sizes fit either way.
    Tensor wrong = product(s.floats("q", 2, 1, KV, H / KV, D), keys(), false, 1, KV, H / KV, D);
    isNone(grouped(add(wrong, added()), values()));
    Tensor weights = softmax(add(scores(keys()), added()));
    isNone(product(weights, values(), false, 1, KV, H / KV, D));
  }

  @Test
  void keysThatAreNotStoredAreNone() throws Exception {
    isNone(grouped(add(scores(s.floats("k", -1, 1, KV, S, D)), added()), values()));
  }

  private Tensor composite(Tensor... operands) throws ModelFormatException {
    FlexMap attributes = FlexMap.root(
        new Bytes("test", "test", 0, MemorySegment.ofArray(FlexWriter.write(Map.of("scale", 0.5), 8))));
    Subgraph unused = new Subgraph(1, "unused", List.of(), List.of(), List.of());
    return s.op(new Op.Composite(FlatNode.SCALED_DOT_PRODUCT, 1, attributes, unused), ElementType.FLOAT32,
        new int[] {1, 1, H, D}, operands);
  }

  private Tensor mask() {
    return s.reshape(added(), 1, 1, 1, S);
  }

  @Test
  void theComposite() throws Exception {
    Tensor q = s.floats("q", 1, 1, 1, H, D);
    is(new AttentionShape(H, KV, D, D, 0.5f, 0, ALL), 3,
        composite(q, store("k", 1, 1, S, KV, D), store("v", 1, 1, S, KV, D), mask()));
    is(new AttentionShape(H, 1, D, D, 0.5f, 0, ALL), 3,
        composite(q, store("k1", 1, 1, S, 1, D), store("v1", 1, 1, S, 1, D), mask()));
  }

  @Test
  void theCompositeOfStoresWithHeadsOutermostIsNone() throws Exception {
    Tensor q = s.floats("q", 1, 1, 1, H, D);
    isNone(composite(q, store("k", 2, 1, S, S, D), store("v", 2, 1, S, S, D), mask()));
    isNone(composite(q, store("k1", 3, 1, 1, D, S), store("v1", 3, 1, 1, D, S), mask()));
  }

  @Test
  void theCompositeWithoutAMaskIsNone() throws Exception {
    isNone(composite(s.floats("q", 1, 1, 1, H, D), store("k", 1, 1, S, KV, D), store("v", 1, 1, S, KV, D)));
  }

  @Test
  void headsOfKeysThatAreRepeatedForTheirQueries() throws Exception {
    Tensor keys = repeated(keys(), KV, S, D);
    Tensor values = repeated(store("v", 2, 1, KV, S, D), KV, S, D);
    Tensor q = s.floats("q", 2, 1, H, 1, D);
    Tensor scores = product(q, keys, true, 1, H, 1, S);
    is(new AttentionShape(H, KV, D, D, 1, 0, ALL), 3,
        product(softmax(add(scores, added())), values, false, 1, H, 1, D));
  }

  /** [heads, ...] to [heads, group, ...] to [heads * group, ...]. */
  private Tensor repeated(Tensor stored, int heads, int rows, int columns) {
    Tensor wide = s.op(new Op.BroadcastTo(), new int[] {1, heads, H / heads, rows, columns},
        s.reshape(stored, 1, heads, 1, rows, columns), s.vector(1, heads, H / heads, rows, columns));
    return s.reshape(wide, 1, H, rows, columns);
  }

  @Test
  void headsOfKeysThatAreRepeatedInTurnAreNone() throws Exception {
    Tensor stored = keys();
    Tensor wide = s.op(new Op.BroadcastTo(), new int[] {1, H / KV, KV, S, D}, s.reshape(stored, 1, 1, KV, S, D),
        s.vector(1, H / KV, KV, S, D)); // heads 0 1 0 1, not 0 0 1 1
    Tensor keys = s.reshape(wide, 1, H, S, D);
    Tensor values = repeated(store("v", 2, 1, KV, S, D), KV, S, D);
    Tensor scores = product(s.floats("q", 2, 1, H, 1, D), keys, true, 1, H, 1, S);
    isNone(product(softmax(add(scores, added())), values, false, 1, H, 1, D));
  }
}
