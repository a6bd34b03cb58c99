package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.kernels.AttentionShape;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Attention over stored keys and values: {@code softmax(cap(scale * q . K) + mask) . V}, written out or as a composite.
 *
 * <p>A mask that is proved to be causal or a sliding window becomes a bound of loops; any other stays an operand.
 */
final class AttentionMatcher implements Matcher {
  private final SlotMath slots;

  AttentionMatcher(SlotMath slots) {
    this.slots = slots;
  }

  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    return switch (form.kind()) {
      case Kind.ScaledDotProduct(float scale, float cap) -> composite(form, scale, cap, graph);
      case Kind.Product product -> product(form, product, graph);
      default -> Optional.empty();
    };
  }

  private Optional<Form> composite(Form form, float scale, float cap, FormGraph graph) {
    StoredHeads keys = StoredHeads.of(form.input(1)).orElse(null);
    StoredHeads values = StoredHeads.of(form.input(2)).orElse(null);
    boolean asDefined = keys != null && values != null && isByPosition(keys) && isByPosition(values)
        && form.inputs().size() == 4;
    return asDefined
        ? attention(form, form.input(0), keys, values, scale, cap, form.input(3), graph)
        : Optional.empty();
  }

  /** Whether positions are outermost and channels innermost, as the composite has them. */
  private static boolean isByPosition(StoredHeads heads) {
    return heads.slot() == 0 && heads.channel() == (heads.head() < 0 ? 1 : 2);
  }

  private Optional<Form> product(Form form, Kind.Product product, FormGraph graph) {
    Form weights = bare(form.input(0));
    StoredHeads values = StoredHeads.of(form.input(1)).orElse(null);
    if (values == null || !(weights.kind() instanceof Kind.Softmax(float beta)) || beta != 1) {
      return Optional.empty();
    }
    Form masked = bare(weights.input(0));
    Form mask = null;
    Form scores = masked;
    if (Elements.is(masked, Op.BinaryFunction.ADD)) {
      int side = isScores(masked.input(0)) ? 0 : 1;
      scores = bare(masked.input(side));
      mask = masked.input(1 - side);
      if (!Elements.isWhole(masked, side) || !Elements.isInnermost(masked, 1 - side)) {
        return Optional.empty();
      }
    } else if (masked.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Select) {
      scores = bare(masked.input(1));
      mask = masked.input(2).number().orElse(0f) <= -1000 ? masked.input(0) : null;
      if (mask == null || !Elements.isWhole(masked, 1) || !Elements.isInnermost(masked, 0)) {
        return Optional.empty();
      }
    }
    float cap = 0;
    if (scores.kind() instanceof Kind.SoftCap(float capped)) {
      cap = capped;
      scores = bare(scores.input(0));
    }
    float scale = 1;
    if (scores.kind() instanceof Kind.Scale(float factor)) {
      scale = factor;
      scores = bare(scores.input(0));
    }
    if (!(scores.kind() instanceof Kind.Product inner)) {
      return Optional.empty();
    }
    StoredHeads keys = StoredHeads.of(scores.input(1)).orElse(null);
    if (keys == null || !keys.isReadAs(inner, true) || !values.isReadAs(product, false)) {
      return Optional.empty();
    }
    return attention(form, scores.input(0), keys, values, scale, cap, mask, graph);
  }

  private static boolean isScores(Form form) {
    Form bare = bare(form);
    return bare.kind() instanceof Kind.Product || bare.kind() instanceof Kind.SoftCap
        || bare.kind() instanceof Kind.Scale;
  }

  private static Form bare(Form form) {
    return form.kind() instanceof Kind.Reshape ? form.input(0) : form;
  }

  private Optional<Form> attention(
      Form form, Form queries, StoredHeads keys, StoredHeads values, float scale, float cap, Form mask,
      FormGraph graph) {
    Form q = queries;
    float factor = scale;
    if (bare(q).kind() instanceof Kind.Scale(float before)) {
      q = bare(q).input(0);
      factor *= before;
    }
    int elements = q.elements();
    if (keys.heads() != values.heads() || elements % (keys.heads() * keys.headSize()) != 0) {
      return Optional.empty();
    }
    int heads = elements / keys.headSize();
    if (form.elements() != heads * values.headSize()) {
      return Optional.empty();
    }
    OptionalInt window = mask == null ? OptionalInt.empty() : slots.window(mask);
    List<Form> operands = new ArrayList<>(List.of(q, keys.store(), values.store()));
    if (window.isEmpty()) {
      Form row = mask == null ? null : rowMask(mask);
      if (row == null) {
        return Optional.empty();
      }
      operands.add(row);
    }
    AttentionShape shape = new AttentionShape(heads, keys.heads(), keys.headSize(), values.headSize(), factor, cap,
        window.orElse(Integer.MAX_VALUE));
    return Optional.of(graph.form(new Kind.Attention(shape), operands, form.type(), form.shape()));
  }

  /** An additive mask that is the same for all heads, if it is one. */
  private static Form rowMask(Form mask) {
    Form bare = mask;
    while (bare.kind() instanceof Kind.Broadcast || bare.kind() instanceof Kind.Reshape) {
      bare = bare.input(0);
    }
    boolean isRow = bare.shape().size() == 1 && bare.type() == io.picaflor.graph.ElementType.FLOAT32;
    return isRow ? bare : null;
  }
}
