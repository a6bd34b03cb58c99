package io.picaflor.testfiles;

import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/**
 * A language model of one layer that tests write: attention over a KV cache, made as exporters do, with random weights.
 *
 * <p>Its scores are small, so that each position weighs in the logits and a lost one shows.
 *
 * <p>V tokens of vocabulary, M model width, H query heads, D head size, one KV head.
 */
public final class TinyDecoder {
  public static final int V = 13;
  /** Positions, where a model is not made for more. */
  public static final int S = 16;

  private static final int M = 8;
  private static final int H = 2;
  private static final int D = 4;

  private final Random random = new Random(3);
  private final TfliteWriter file = TfliteWriter.file();
  private final int slots;
  private final Mask mask;
  private final boolean recurrent;
  private final int table;
  private final int positions;
  private final int query;
  private final int key;
  private final int value;
  private final int result;

  /** Gives the mask of some rows, added to scores, from the tensor of their positions. */
  private interface Mask {
    int add(Graph g, int positions, int rows);
  }

  private TinyDecoder(boolean outside, boolean recurrent) {
    this(outside, recurrent, S, -1, true);
  }

  /**
   * A model.
   *
   * @param window how many positions each one sees; -1 for all before it, from a table
   * @param plainly whether the window is a comparison of positions and nothing else
   */
  private TinyDecoder(boolean outside, boolean recurrent, int slots, int window, boolean plainly) {
    if (outside) {
      file.buffersOutside();
    }
    this.recurrent = recurrent;
    this.slots = slots;
    table = floats(V * M);
    positions = floats(slots * M);
    query = codes(H * D * M);
    key = codes(D * M);
    value = codes(D * M);
    result = codes(M * H * D);
    this.mask = window < 0 ? triangle() : (g, rows, count) -> window(g, rows, count, window, plainly);
  }

  private Mask triangle() {
    float[] triangle = new float[slots * slots];
    for (int i = 0; i < triangle.length; i++) {
      triangle[i] = i % slots <= i / slots ? 0 : Float.NEGATIVE_INFINITY;
    }
    int buffer = file.buffer(Packed.floats(triangle));
    return (g, rows, count) -> {
      int mask = g.value(Type.FLOAT32, 1, 1, count, slots);
      int whole = g.add(TfliteWriter.tensor(Type.FLOAT32, 1, 1, slots, slots).buffer(buffer));
      g.op(Codes.GATHER, 23, FlatWriter.table().with(0, 2), new int[] {whole, rows}, mask);
      return mask;
    };
  }

  /** {@code 0 <= position - slot < window ? 0 : -infinity}; not plainly: of the position's remainder. */
  private int window(Graph g, int rows, int count, int window, boolean plainly) {
    int column = reshape(g, rows, Type.INT32, count, 1);
    if (!plainly) {
      int remainder = g.value(Type.INT32, count, 1);
      g.op(Codes.FLOOR_MOD, new int[] {column, g.scalar(slots)}, remainder);
      column = remainder;
    }
    int[] iota = new int[slots];
    Arrays.setAll(iota, i -> i);
    int distance = g.value(Type.INT32, count, slots);
    g.op(Codes.SUB, new int[] {column, g.ints(new int[] {1, slots}, iota)}, distance);
    int past = g.value(Type.BOOL, count, slots);
    g.op(Codes.GREATER_EQUAL, new int[] {distance, g.scalar(0)}, past);
    int near = g.value(Type.BOOL, count, slots);
    g.op(Codes.LESS, new int[] {distance, g.scalar(window)}, near);
    int seen = g.value(Type.BOOL, count, slots);
    g.op(Codes.LOGICAL_AND, new int[] {past, near}, seen);
    int added = g.value(Type.FLOAT32, count, slots);
    g.op(Codes.SELECT_V2,
        new int[] {seen, g.floats(new int[0], 0), g.floats(new int[0], Float.NEGATIVE_INFINITY)}, added);
    return reshape(g, added, Type.FLOAT32, 1, 1, count, slots);
  }

  /** A model with {@code decode} and a {@code prefill} for each number of rows. */
  public static byte[] file(int... prefills) {
    return new TinyDecoder(false, false).build(prefills);
  }

  /** The same with its weights behind the FlatBuffer. */
  public static byte[] outside(int... prefills) {
    return new TinyDecoder(true, false).build(prefills);
  }

  /**
   * The same with a state beside the cache that is no function of positions, though it is as long as the context: the
   * sum of all ids and one for each token, S times.
   */
  public static byte[] recurrent(int... prefills) {
    return new TinyDecoder(false, true).build(prefills);
  }

  /**
   * A model whose rows see a window of positions only.
   *
   * @param slots positions of the context
   * @param plainly whether the mask is written so that it can be proved to be a window
   */
  public static byte[] sliding(int slots, int window, boolean plainly, int... prefills) {
    return new TinyDecoder(false, false, slots, window, plainly).build(prefills);
  }

  private byte[] build(int... prefills) {
    signature("decode", 1);
    for (int rows : prefills) {
      signature("prefill_" + rows, rows);
    }
    return file.done();
  }

  private int floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return file.buffer(Packed.floats(values));
  }

  private int codes(int count) {
    return file.buffer(Packed.narrow(8, random.ints(count, -127, 128).toArray()));
  }

  private void signature(String name, int rows) {
    Graph g = file.graph(name);
    int tokens = g.input("tokens", Type.INT32, 1, rows);
    int inputPos = g.input("input_pos", Type.INT32, rows);
    int keys = g.input("kv_cache_k_0", Type.FLOAT32, 1, slots, 1, D);
    int values = g.input("kv_cache_v_0", Type.FLOAT32, 1, slots, 1, D);

    int ids = reshape(g, tokens, Type.INT32, rows);
    int embedded = g.value(Type.FLOAT32, rows, M);
    g.op(Codes.EMBEDDING_LOOKUP, new int[] {ids, g.add(TfliteWriter.tensor(Type.FLOAT32, V, M).buffer(table))},
        embedded);
    int placed = g.value(Type.FLOAT32, rows, M);
    g.op(Codes.GATHER, new int[] {g.add(TfliteWriter.tensor(Type.FLOAT32, slots, M).buffer(positions)), inputPos},
        placed);
    int sum = g.value(Type.FLOAT32, rows, M);
    g.op(Codes.ADD, new int[] {embedded, placed}, sum);
    int x = reshape(g, sum, Type.FLOAT32, 1, rows, M);

    int first = g.value(Type.INT32, 1);
    g.op(Codes.SLICE, new int[] {inputPos, g.vector(0), g.vector(1)}, first);
    int start = g.value(Type.INT32, 4);
    g.op(Codes.CONCATENATION, new int[] {g.vector(0), first, g.vector(0, 0)}, start);
    int newKeys = update(g, keys, layer(g, x, key, rows, D, M), start, rows);
    int newValues = update(g, values, layer(g, x, value, rows, D, M), start, rows);

    int q = reshape(g, layer(g, x, query, rows, H * D, M), Type.FLOAT32, 1, rows, H, D);
    int attended = g.value(Type.FLOAT32, 1, rows, H, D);
    g.composite("odml.scaled_dot_product_attention", Map.of("scale", 0.02), decomposition(rows),
        new int[] {q, newKeys, newValues, mask.add(g, inputPos, rows)}, attended);
    int joined = reshape(g, attended, Type.FLOAT32, 1, rows, H * D);
    int y = g.value(Type.FLOAT32, 1, rows, M);
    g.op(Codes.ADD, new int[] {x, layer(g, joined, result, rows, M, H * D)}, y);

    g.output("kv_cache_k_0", newKeys).output("kv_cache_v_0", newValues);
    int state = recurrent ? count(g, tokens, rows) : -1;
    if (rows == 1) {
      int logits = g.value(Type.FLOAT32, 1, 1, V);
      g.op(Codes.FULLY_CONNECTED, new int[] {y, g.add(TfliteWriter.tensor(Type.FLOAT32, V, M).buffer(table)), -1},
          logits);
      if (recurrent) {
        int most = g.value(Type.FLOAT32, 1, 1);
        g.op(Codes.REDUCE_MAX, 27, FlatWriter.table().with(0, (byte) 1), new int[] {state, g.vector(1)}, most);
        int shifted = g.value(Type.FLOAT32, 1, 1, V);
        g.op(Codes.ADD, new int[] {logits, most}, shifted);
        logits = shifted;
      }
      g.output("logits", logits);
    }
    file.signature(name, g);
  }

  private int count(Graph g, int tokens, int rows) {
    int old = g.input("kv_cache_c_0", Type.FLOAT32, 1, slots);
    int floats = g.value(Type.FLOAT32, 1, rows);
    g.op(Codes.CAST, new int[] {tokens}, floats);
    int more = g.value(Type.FLOAT32, 1, rows);
    g.op(Codes.ADD, new int[] {floats, g.floats(new int[0], 1)}, more);
    int sum = g.value(Type.FLOAT32, 1, 1);
    g.op(Codes.SUM, 27, FlatWriter.table().with(0, (byte) 1), new int[] {more, g.vector(1)}, sum);
    int state = g.value(Type.FLOAT32, 1, slots);
    g.op(Codes.ADD, new int[] {old, sum}, state);
    g.output("kv_cache_c_0", state);
    return state;
  }

  private static int reshape(Graph g, int tensor, Type type, int... shape) {
    int reshaped = g.value(type, shape);
    g.op(Codes.RESHAPE, new int[] {tensor, g.vector(shape)}, reshaped);
    return reshaped;
  }

  private int layer(Graph g, int x, int weights, int rows, int outputs, int inputs) {
    int y = g.value(Type.FLOAT32, 1, rows, outputs);
    int w = g.add(TfliteWriter.tensor(Type.INT8, outputs, inputs).buffer(weights).scales(0, 0.01f));
    g.op(Codes.FULLY_CONNECTED, new int[] {x, w, -1}, y);
    return y;
  }

  private int update(Graph g, int cache, int rowsOfCache, int start, int rows) {
    int turned = reshape(g, rowsOfCache, Type.FLOAT32, 1, rows, 1, D);
    int updated = g.value(Type.FLOAT32, 1, slots, 1, D);
    g.op(Codes.DYNAMIC_UPDATE_SLICE, new int[] {cache, turned, start}, updated);
    return updated;
  }

  /** Never computed, but it has to be there. */
  private int decomposition(int rows) {
    Graph g = file.graph("attention_" + rows);
    int q = g.input("q", Type.FLOAT32, 1, rows, H, D);
    g.input("k", Type.FLOAT32, 1, slots, 1, D);
    g.input("v", Type.FLOAT32, 1, slots, 1, D);
    g.input("mask", Type.FLOAT32, 1, 1, rows, slots);
    int y = g.value(Type.FLOAT32, 1, rows, H, D);
    g.op(Codes.ABS, new int[] {q}, y).output("y", y);
    return g.index();
  }
}
