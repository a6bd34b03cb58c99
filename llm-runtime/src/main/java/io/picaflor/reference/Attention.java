package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;

/**
 * The composite {@code odml.scaled_dot_product_attention}: {@code softmax(cap(q * scale . k) + mask) . v} for each head.
 *
 * <p>Computed as such and not by its decomposition, which is wrong in exported graphs with one KV head
 * ({@code FORMATS.md}, 2.8 and 5.7). Shapes: q is [1, T, H, D], k and v are [1, S, K, D], the mask's innermost dimensions
 * are [T, S]; query head h reads KV head h / (H / K).
 */
final class Attention {
  static final String COMPOSITE = "odml.scaled_dot_product_attention";

  private final Value q;
  private final Value k;
  private final Value v;
  private final Value mask;
  private final Value y;
  private final int tokens;
  private final int positions;
  private final int group;
  private final int headSize;
  private final float scale;
  private final float cap;

  /** Dense copies of one KV head and of the queries that read it, and their scores. */
  private final Storage queries;

  private final Storage keys;
  private final Storage values;
  private final Value scores;
  private final Step softmax;

  private Attention(Op.Composite op, Operation o) throws ModelFormatException, UnsupportedModelException {
    o.require(o.has(0) && o.has(1) && o.has(2) && o.has(3), "expected 4 inputs, found " + o.inputs().size());
    q = o.in(0);
    k = o.in(1);
    v = o.in(2);
    mask = o.in(3);
    y = o.out();
    for (Value value : new Value[] {q, k, v, mask, y}) {
      o.requireType(value, ElementType.FLOAT32);
    }
    o.requireShapes(q.shape().rank() == 4 && k.shape().rank() == 4 && q.shape().size(0) == 1 && k.shape().size(0) == 1
        && q.elements() > 0 && k.elements() > 0 && k.shape().equals(v.shape()) && y.shape().equals(q.shape())
        && q.shape().size(3) == k.shape().size(3));
    tokens = q.shape().size(1);
    positions = k.shape().size(1);
    int kvHeads = k.shape().size(2);
    o.requireShapes(kvHeads > 0 && q.shape().size(2) % kvHeads == 0
        && mask.shape().rank() > 0 && mask.shape().size(-1) == positions
        && mask.elements() == (long) tokens * positions);
    group = q.shape().size(2) / kvHeads;
    o.requireShapes(mask.elements() * group <= Integer.MAX_VALUE);
    headSize = q.shape().size(3);
    float given = op.attributes().f32("scale", 0);
    scale = given == 0 ? (float) (1 / Math.sqrt(headSize)) : given;
    cap = op.attributes().f32("logit_cap", 0);
    Shape scoreShape = Shape.of(group * tokens, positions);
    queries = o.scratch().apply(4L * group * tokens * headSize);
    keys = o.scratch().apply(4L * positions * headSize);
    values = o.scratch().apply(4L * positions * headSize);
    scores = new Value(ElementType.FLOAT32, scoreShape, o.scratch().apply(4 * scoreShape.elements()));
    softmax = Reductions.softmax(1, scores, scores);
  }

  static Step step(Op.Composite op, Operation o) throws ModelFormatException, UnsupportedModelException {
    Attention attention = new Attention(op, o);
    return attention::run;
  }

  private void run(Frame frame) {
    int rows = group * tokens;
    MemorySegment queryRows = frame.segment(queries);
    for (int head = 0; head < k.shape().size(2); head++) {
      copyHead(frame.segment(k), head, frame.segment(keys));
      copyHead(frame.segment(v), head, frame.segment(values));
      forEachQueryRow(head, (row, at) -> {
        for (int d = 0; d < headSize; d++) {
          queryRows.setAtIndex(JAVA_FLOAT, row + d, frame.segment(q).getAtIndex(JAVA_FLOAT, at + d) * scale);
        }
      });
      MemorySegment score = frame.segment(scores);
      frame.kernels().matrixProduct(
          queryRows, frame.segment(keys), true, rows, headSize, positions, score, frame.workers());
      capAndMask(score, frame.segment(mask));
      softmax.run(frame);
      // The queries are done with: their memory takes the result before it is spread over the heads.
      frame.kernels().matrixProduct(
          score, frame.segment(values), false, rows, positions, headSize, queryRows, frame.workers());
      forEachQueryRow(head,
          (row, at) -> MemorySegment.copy(queryRows, 4 * row, frame.segment(y), 4 * at, 4L * headSize));
    }
  }

  private void copyHead(MemorySegment cache, int head, MemorySegment target) {
    long stride = (long) k.shape().size(2) * headSize;
    for (int s = 0; s < positions; s++) {
      MemorySegment.copy(cache, 4 * (s * stride + (long) head * headSize), target, 4L * s * headSize, 4L * headSize);
    }
  }

  private interface RowVisitor {
    /** Element {@code row} of the dense rows belongs to element {@code at} of [1, T, H, D]. */
    void visit(long row, long at);
  }

  private void forEachQueryRow(int kvHead, RowVisitor visitor) {
    for (int g = 0; g < group; g++) {
      for (int t = 0; t < tokens; t++) {
        long at = ((long) t * q.shape().size(2) + kvHead * group + g) * headSize;
        visitor.visit((long) (g * tokens + t) * headSize, at);
      }
    }
  }

  private void capAndMask(MemorySegment score, MemorySegment masked) {
    long period = (long) tokens * positions;
    for (long i = 0; i < group * period; i++) {
      float s = score.getAtIndex(JAVA_FLOAT, i);
      if (cap != 0) {
        s = (float) Math.tanh(s / cap) * cap;
      }
      score.setAtIndex(JAVA_FLOAT, i, s + masked.getAtIndex(JAVA_FLOAT, i % period));
    }
  }
}
