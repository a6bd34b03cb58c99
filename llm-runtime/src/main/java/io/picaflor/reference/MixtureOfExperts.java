package io.picaflor.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.kernels.Activation;
import io.picaflor.model.FlexMap;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * The custom operation {@code moe}: each token's feed-forward layer is the weighted sum of a few chosen experts.
 *
 * <p>{@code y[t] = sum over c of w[t][c] * scale[e] * down_e(gelu(gate_e x[t]) * (up_e x[t]))} with {@code e =
 * ids[t][c]}; experts in the order of choice, each sum over an inner dimension a chain of fused multiply-adds, GELU by
 * tanh. Shapes with T tokens, D model width, C chosen experts, E experts, H hidden width: x and y are [.., T, D], w and
 * ids [.., T, C], gate and up [H, E, 1, D], down [D, E, 1, H], scale has E values; all float32 but the ids, which are
 * int32. The file has no decomposition of it; the formula is that of the exporter's model, and LiteRT's logits agree.
 */
final class MixtureOfExperts {
  static final String NAME = "moe";

  private final Operation o;
  private final Value x;
  private final Value weights;
  private final Value ids;
  private final Value gate;
  private final Value up;
  private final Value down;
  private final Value scale;
  private final int width;
  private final int hidden;
  private final int experts;
  private final int chosen;
  private final int tokens;
  private final Storage inner;

  private MixtureOfExperts(Op.Custom op, Operation o) throws ModelFormatException, UnsupportedModelException {
    this.o = o;
    requireKnown(op.attributes());
    if (o.inputs().size() != 7 || o.inputs().stream().anyMatch(Optional::isEmpty)) {
      throw o.unsupported("experts with " + o.inputs().size() + " operands, only 7 (float32 weights) are supported");
    }
    x = o.in(0);
    weights = o.in(1);
    ids = o.in(2);
    gate = o.in(3);
    up = o.in(4);
    down = o.in(5);
    scale = o.in(6);
    for (Value value : new Value[] {x, weights, gate, up, down, scale, o.out()}) {
      o.requireType(value, ElementType.FLOAT32);
    }
    o.requireType(ids, ElementType.INT32);
    o.requireShapes(x.shape().rank() > 0 && ids.shape().rank() > 0 && x.elements() > 0 && ids.elements() > 0
        && gate.shape().rank() == 4 && down.shape().rank() == 4);
    width = x.shape().size(-1);
    chosen = ids.shape().size(-1);
    hidden = gate.shape().size(0);
    experts = gate.shape().size(1);
    tokens = (int) (x.elements() / width);
    o.requireShapes(o.out().shape().equals(x.shape()) && weights.shape().equals(ids.shape())
        && ids.elements() == (long) tokens * chosen && scale.elements() == experts
        && gate.shape().size(2) == 1 && gate.shape().size(3) == width && up.shape().equals(gate.shape())
        && down.shape().size(0) == width && down.shape().size(1) == experts && down.shape().size(2) == 1
        && down.shape().size(3) == hidden);
    requireSame(op.attributes(), Map.of("hidden_dim", hidden, "model_dim", width, "num_experts", experts,
        "num_active_experts", chosen));
    inner = o.scratch().apply(4L * hidden);
  }

  static Step step(Op.Custom op, Operation o) throws ModelFormatException, UnsupportedModelException {
    MixtureOfExperts experts = new MixtureOfExperts(op, o);
    return experts::run;
  }

  private void requireKnown(FlexMap attributes) throws ModelFormatException, UnsupportedModelException {
    String activation = attributes.string("activation", "");
    String type = attributes.string("weight_type", "fp32");
    if (!activation.equals("gelu_tanh") || !type.equals("fp32")) {
      throw o.unsupported("experts with activation '" + activation + "' and weights of type '" + type
          + "', only 'gelu_tanh' and 'fp32' are supported");
    }
  }

  /** Attributes that contradict the shapes are a damage; one that is absent says nothing. */
  private void requireSame(FlexMap attributes, Map<String, Integer> sizes) throws ModelFormatException {
    for (Map.Entry<String, Integer> size : sizes.entrySet()) {
      int stated = attributes.i32(size.getKey(), size.getValue());
      o.require(stated == size.getValue(), size.getKey() + " is " + stated + ", the shapes say " + size.getValue());
    }
  }

  private void run(Frame frame) {
    MemorySegment y = frame.segment(o.out());
    y.fill((byte) 0);
    for (int t = 0; t < tokens; t++) {
      for (int c = 0; c < chosen; c++) {
        long choice = (long) t * chosen + c;
        int expert = frame.segment(ids).getAtIndex(JAVA_INT, choice);
        if (expert < 0 || expert >= experts) {
          throw o.failure("expert " + expert + " of " + experts);
        }
        float factor = frame.segment(weights).getAtIndex(JAVA_FLOAT, choice) * frame.segment(scale)
            .getAtIndex(JAVA_FLOAT, expert);
        add(frame, t, expert, factor, y);
      }
    }
  }

  /** Adds a factor times what one expert makes of one token. */
  private void add(Frame frame, int token, int expert, float factor, MemorySegment y) {
    MemorySegment input = frame.segment(x);
    MemorySegment product = frame.segment(inner);
    long from = (long) token * width;
    for (int h = 0; h < hidden; h++) {
      float g = dot(frame.segment(gate), ((long) h * experts + expert) * width, input, from, width);
      float u = dot(frame.segment(up), ((long) h * experts + expert) * width, input, from, width);
      product.setAtIndex(JAVA_FLOAT, h, Activation.GELU_TANH.of(g) * u);
    }
    for (int d = 0; d < width; d++) {
      float result = dot(frame.segment(down), ((long) d * experts + expert) * hidden, product, 0, hidden);
      y.setAtIndex(JAVA_FLOAT, from + d, Math.fma(factor, result, y.getAtIndex(JAVA_FLOAT, from + d)));
    }
  }

  private static float dot(MemorySegment w, long row, MemorySegment v, long from, int count) {
    float sum = 0;
    for (int k = 0; k < count; k++) {
      sum = Math.fma(w.getAtIndex(JAVA_FLOAT, row + k), v.getAtIndex(JAVA_FLOAT, from + k), sum);
    }
    return sum;
  }
}
