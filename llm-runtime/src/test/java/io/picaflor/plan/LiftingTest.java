package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Reduction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.List;

import org.junit.jupiter.api.Test;

/**
 * The same network written for one token and for several gives the same forms; where tokens meet, lifting says so.
 *
 * <p>There are 4 tokens, 4 heads and 4 channels wherever that can be, so that no size tells which dimension is which.
 */
class LiftingTest {
  private static final int T = 4;

  /** Writes a network for some number of tokens. */
  @FunctionalInterface
  private interface Network {
    Tensor of(Sketch s, int tokens);
  }

  private static void sameForAnyTokens(Network network) throws NotPlannable {
    FormGraph graph = new FormGraph();
    Sketch one = new Sketch(1);
    Form decode = one.lift(graph, network.of(one, 1));
    for (int tokens : new int[] {T, 6}) {
      Sketch several = new Sketch(tokens);
      assertSame(decode, several.lift(graph, network.of(several, tokens)), tokens + " tokens");
    }
  }

  private static void refused(String reason, Network network) {
    Sketch several = new Sketch(T);
    Tensor tensor = network.of(several, T);
    var e = assertThrows(NotPlannable.class, () -> several.lift(new FormGraph(), tensor));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
    assertTrue(e.getMessage().startsWith("sketch_" + T + ", operator "), e.getMessage());
  }

  private static void mixes(Network network) {
    refused("values of different tokens meet", network);
  }

  @Test
  void functionsOfEachElement() throws Exception {
    sameForAnyTokens((s, t) -> s.unary(UnaryFunction.EXP, s.binary(BinaryFunction.ADD, s.floats("x", 1, 1, t, 4),
        s.constant(new int[] {4}, 1, 2, 3, 4))));
    sameForAnyTokens((s, t) -> s.cast(s.positions(), ElementType.FLOAT32));
    sameForAnyTokens((s, t) -> s.select(s.compare(Op.Comparison.LESS, s.floats("x", 0, t, 4), s.number(1)),
        s.floats("y", 0, t, 4), s.number(0)));
  }

  @Test
  void operandsWithTokensInOtherDimensionsMeet() {
    mixes((s, t) -> s.binary(BinaryFunction.ADD, s.floats("x", 0, t, 4), s.floats("y", 1, 4, t)));
  }

  @Test
  void aConstantForEachTokenMeetsThem() {
    mixes((s, t) -> s.binary(BinaryFunction.ADD, s.floats("x", 0, t, 4), s.matrix(t, 4, 1)));
  }

  @Test
  void aConditionOfRankOneRunsAlongTheOutermostDimension() throws Exception {
    Network outermost = (s, t) -> s.op(new Op.Select(true), new int[] {t, 4},
        s.compare(Op.Comparison.LESS, s.floats("x", 0, t), s.number(1)), s.floats("y", 0, t, 4),
        s.floats("z", 0, t, 4));
    Sketch several = new Sketch(T);
    several.lift(new FormGraph(), outermost.of(several, T));
    mixes((s, t) -> s.op(new Op.Select(false), new int[] {t, t},
        s.compare(Op.Comparison.LESS, s.floats("x", 0, t), s.number(1)), s.floats("y", 0, t, 4),
        s.floats("z", 0, t, 4)));
  }

  @Test
  void reshapesThatSplitAndMergeWhatStandsBesideTheTokens() throws Exception {
    sameForAnyTokens((s, t) -> s.reshape(s.floats("x", 1, 1, t, 16), 1, t, 4, 4));
    sameForAnyTokens((s, t) -> s.reshape(s.reshape(s.floats("x", 1, 1, t, 16), t, 16), t, 1, 4, 4));
    sameForAnyTokens((s, t) -> s.reshape(s.floats("x", 1, 4, t, 4), 1, 4 * t, 4));
    sameForAnyTokens((s, t) -> s.reshape(s.reshape(s.floats("x", 1, 4, t, 4), 1, 4 * t, 4), 2, 2, t, 4));
    sameForAnyTokens((s, t) -> s.reshape(s.floats("x", 0, t, 4), 4 * t));
  }

  @Test
  void reshapesThatCutTheTokensAreRefused() {
    mixes((s, t) -> s.reshape(s.floats("x", 0, t, 4), 2, 2 * 4));
    mixes((s, t) -> s.reshape(s.floats("x", 1, 3, t, 4), t, 3, 4)); // a reshape is no transposition
  }

  @Test
  void transpositionsMoveTheTokensAndNothingElse() throws Exception {
    sameForAnyTokens((s, t) -> s.transpose(s.floats("x", 1, 1, t, 4, 5), 0, 2, 1, 3));
    FormGraph graph = new FormGraph();
    Sketch several = new Sketch(T);
    Tensor x = several.floats("x", 1, 1, T, 4, 5);
    Form turned = several.lift(graph, several.transpose(x, 0, 2, 1, 3));
    assertSame(several.lift(graph, x), turned, "only the tokens have moved, so for one token nothing has");
  }

  @Test
  void slicesOfWhatStandsBesideTheTokens() throws Exception {
    sameForAnyTokens((s, t) -> s.slice(s.floats("x", 0, t, 8), new int[] {0, 4}, t, 4));
    sameForAnyTokens((s, t) -> s.ops(new Op.Split(), ElementType.FLOAT32, List.of(new int[] {t, 4}, new int[] {t, 4}),
        s.vector(1), s.floats("x", 0, t, 8)).get(1));
  }

  @Test
  void slicesOfTokensOtherThanTheFirstAreRefused() {
    mixes((s, t) -> s.slice(s.floats("x", 0, t, 4), new int[] {1, 0}, 1, 4));
    mixes((s, t) -> s.slice(s.floats("x", 0, t, 4), new int[] {0, 0}, 2, 4));
    mixes((s, t) -> s.slice(s.floats("x", 0, t, 8), new int[] {0, 0}, 2, 4)); // as many as one token has
  }

  @Test
  void tokensInFallingOrderAreRefused() {
    mixes(
        (s, t) -> s.op(new Op.StridedSlice(0, 3, 0, 0, 0), new int[] {t, 4}, s.floats("x", 0, t, 4), s.vector(t - 1, 0),
            s.vector(0, 4), s.vector(-1, 1)));
  }

  @Test
  void theFirstTokenMayNotMeetTheOthers() {
    refused("values of the first token meet those of others", (s, t) -> {
      Tensor x = s.floats("x", 0, t, 4);
      return s.binary(BinaryFunction.ADD, x, s.slice(x, new int[] {0, 0}, 1, 4));
    });
  }

  @Test
  void joinsBesideTheTokens() throws Exception {
    sameForAnyTokens((s, t) -> s.join(1, s.floats("x", 0, t, 4), s.floats("y", 0, t, 4)));
    sameForAnyTokens((s, t) -> {
      Tensor x = s.floats("x", 1, 1, t, 4, 5);
      return s.op(new Op.Pack(2), new int[] {1, t, 2, 4, 5}, x, x);
    });
  }

  @Test
  void joinsOfTokensAreRefused() {
    mixes((s, t) -> s.join(0, s.floats("x", 0, t, 4), s.matrix(1, 4, 1)));
    mixes((s, t) -> s.join(1, s.floats("x", 0, t, 4), s.floats("y", 1, 4, t)));
  }

  @Test
  void reductionsBesideTheTokens() throws Exception {
    sameForAnyTokens((s, t) -> s.reduce(Reduction.MEAN, s.floats("x", 1, 1, t, 4)));
    sameForAnyTokens((s, t) -> s.op(new Op.Reduce(Reduction.SUM, false), new int[] {t, 5}, s.floats("x", 1, 4, t, 5),
        s.vector(0)));
    sameForAnyTokens((s, t) -> s.op(new Op.Softmax(1), new int[] {t, 4}, s.floats("x", 0, t, 4)));
  }

  @Test
  void reductionsOverTokensAreRefused() {
    mixes((s, t) -> s.reduce(Reduction.MEAN, s.floats("x", 1, 4, t)));
    mixes((s, t) -> s.op(new Op.Reduce(Reduction.SUM, true), new int[] {1, 4}, s.floats("x", 0, t, 4), s.vector(-2)));
    mixes((s, t) -> s.op(new Op.Softmax(1), new int[] {4, t}, s.floats("x", 1, 4, t)));
    mixes((s, t) -> s.op(new Op.Cumsum(false, false), new int[] {t, 4}, s.floats("x", 0, t, 4), s.ints(new int[0], 0)));
    mixes((s, t) -> s.op(new Op.ArgMax(), ElementType.INT32, new int[] {4}, s.floats("x", 0, t, 4), s.vector(0)));
  }

  @Test
  void layersReadTheInnermostDimension() throws Exception {
    sameForAnyTokens((s, t) -> s.linear(s.floats("x", 1, 1, t, 4), s.matrix(6, 4, 1)));
    sameForAnyTokens((s, t) -> s.op(new Op.FullyConnected(Op.Activation.NONE), new int[] {t, 6},
        s.floats("x", 1, 1, t, 4), s.matrix(6, 4, 1), null));
    mixes((s, t) -> s.linear(s.floats("x", 1, 5, t), s.matrix(6, t, 1)));
  }

  @Test
  void layersWhoseWeightsAreTokensAreRefused() {
    mixes((s, t) -> s.linear(s.floats("x", 0, t, 4), s.floats("y", 0, t, 4)));
  }

  @Test
  void productsOfEachRow() throws Exception {
    sameForAnyTokens((s, t) -> s.op(new Op.BatchMatmul(false, true), new int[] {1, 4, t, 7},
        s.floats("x", 2, 1, 4, t, 5), s.state("kv", 1, 4, 7, 5)));
    sameForAnyTokens((s, t) -> s.op(new Op.BatchMatmul(false, false), new int[] {t, 4, 7}, s.floats("x", 0, t, 4, 5),
        s.floats("y", 0, t, 5, 7)));
    sameForAnyTokens((s, t) -> s.op(new Op.BatchMatmul(true, false), new int[] {4, t, 7}, s.floats("x", 2, 4, 5, t),
        s.state("kv", 4, 5, 7)));
  }

  @Test
  void productsOfTokensWithEachOtherAreRefused() {
    mixes((s, t) -> s.op(new Op.BatchMatmul(false, true), new int[] {4, t, t}, s.floats("x", 1, 4, t, 5),
        s.floats("y", 1, 4, t, 5)));
    mixes((s, t) -> s.op(new Op.BatchMatmul(false, false), new int[] {4, 5, 7}, s.floats("x", 2, 4, 5, t),
        s.state("kv", 4, t, 7)));
  }

  @Test
  void rowsOfTables() throws Exception {
    sameForAnyTokens((s, t) -> s.op(new Op.EmbeddingLookup(), new int[] {t, 4},
        s.input("tokens", ElementType.INT32, 0, t), s.matrix(9, 4, 1)));
    sameForAnyTokens((s, t) -> s.op(new Op.Gather(0, 0), new int[] {t, 4}, s.matrix(9, 4, 1), s.positions()));
    sameForAnyTokens((s, t) -> s.op(new Op.OneHot(-1), new int[] {t, 5}, s.positions(), s.ints(new int[0], 5),
        s.number(1), s.number(0)));
    mixes((s, t) -> s.op(new Op.Gather(0, 0), new int[] {2, 4}, s.floats("x", 0, t, 4), s.vector(0, 1)));
  }

  @Test
  void operationsWhoseRowsAreNotTokensAreRefused() {
    mixes((s, t) -> s.ops(new Op.Unpack(0), ElementType.FLOAT32, List.of(new int[] {4}, new int[] {4}),
        s.floats("x", 0, t, 4)).getFirst());
  }

  private static Tensor store(Sketch s, Tensor update, Tensor first, int... shape) {
    Tensor start = s.join(0, s.vector(0), first, s.vector(0, 0));
    return s.op(new Op.DynamicUpdateSlice(), shape, s.state("kv", shape), update, start);
  }

  private static Tensor first(Sketch s) {
    return s.slice(s.positions(), new int[] {0}, 1);
  }

  @Test
  void rowsAreStoredFromTheFirstTokensPositionOn() throws Exception {
    sameForAnyTokens((s, t) -> store(s, s.floats("x", 1, 1, t, 4, 4), first(s), 1, 16, 4, 4));
    FormGraph graph = new FormGraph();
    Sketch s = new Sketch(T);
    Form form = s.lift(graph, store(s, s.floats("x", 1, 1, T, 4, 4), first(s), 1, 16, 4, 4));
    assertEquals(new Kind.Store(0), form.kind());
    assertEquals(List.of(16, 4, 4), form.shape());
  }

  @Test
  void otherUpdatesOfStatesAreRefused() {
    refused("stores at a place that is not the token's position",
        (s, t) -> store(s, s.floats("x", 1, 1, t, 4, 4), s.vector(3), 1, 16, 4, 4));
    refused("stores at a place that is not the token's position", (s, t) -> store(s, s.floats("x", 2, 1, 4, t, 4),
        first(s), 1, 16, 4, 4)); // the tokens are its heads
    refused("stores a part of a row", (s, t) -> store(s, s.floats("x", 1, 1, t, 2, 4), first(s), 1, 16, 4, 4));
    refused("updates a value that is not the session's state", (s, t) -> s.op(new Op.DynamicUpdateSlice(),
        new int[] {1, 16, 4, 4}, s.floats("y", -1, 1, 16, 4, 4), s.floats("x", 1, 1, t, 4, 4),
        s.join(0, s.vector(0), first(s), s.vector(0, 0))));
    refused("stores at a place that is not the token's position", (s, t) -> store(s, s.floats("x", 1, 1, t, 4, 4),
        s.binary(BinaryFunction.ADD, first(s), s.vector(1)), 1, 16, 4, 4));
  }

  @Test
  void onlyWhatResultsDependOnIsLookedAt() throws Exception {
    Sketch s = new Sketch(T);
    Tensor x = s.floats("x", 0, T, 4);
    s.reduce(Reduction.MEAN, s.transpose(x, 1, 0)); // mixes tokens, for nobody
    assertEquals(List.of(4), s.lift(new FormGraph(), s.unary(UnaryFunction.EXP, x)).shape());
  }
}
