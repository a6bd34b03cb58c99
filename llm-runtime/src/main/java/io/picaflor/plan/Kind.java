package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.kernels.AttentionShape;
import io.picaflor.graph.OperandRole;

import java.util.List;

/**
 * The operation of a {@link Form}. Dimensions are those of shapes without ones.
 *
 * <p>The first group is what graphs are made of; the second is what matchers and fusions put in their place.
 */
sealed interface Kind {

  /** The kind's name in plans and messages. */
  default String label() {
    return switch (this) {
      case Operand kind -> kind.name;
      case State kind -> kind.name;
      case Elementwise kind -> kind.op.label().toLowerCase(java.util.Locale.ROOT);
      case Reduce kind -> kind.function.name().toLowerCase(java.util.Locale.ROOT);
      case Other kind -> kind.op.label().toLowerCase(java.util.Locale.ROOT);
      default -> getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(java.util.Locale.ROOT);
    };
  }

  /** An operation of graphs that no kernel computes. */
  sealed interface WithoutKernel extends Kind {}

  /** What a kernel computes of its first operand's rows, one for each token; the other operands are constants. */
  sealed interface OfRows extends Kind {}

  /** What a kernel computes of its first two operands' rows. */
  sealed interface OfTwoRows extends Kind {}

  /** What a session gives in for each token. */
  record Operand(OperandRole role, String name) implements Kind {}

  /** Keys or values of all positions, as the graph sees them. */
  record State(String name) implements Kind {}

  /** A constant of the file; equal constants have equal identities. */
  record Constant(Object identity) implements Kind {}

  /** A function of values at the same place; {@code dimensions} says for each operand which ones of the result it has. */
  record Elementwise(Op op, List<List<Integer>> dimensions) implements Kind {}

  /** The same values in another shape. */
  record Reshape() implements Kind {}

  /** Dimension {@code i} of the result is dimension {@code permutation[i]} of the operand. */
  record Transpose(List<Integer> permutation) implements WithoutKernel {}

  /** A part of each dimension. */
  record Slice(List<Integer> begin, List<Integer> size) implements WithoutKernel {}

  /** Operands joined along a dimension of the result. */
  record Concatenation(int dimension) implements WithoutKernel {}

  /** Repetition along the dimensions of the result that are not in the list. */
  record Broadcast(List<Integer> dimensions) implements WithoutKernel {}

  record Reduce(Op.Reduction function, List<Integer> dimensions) implements WithoutKernel {}

  /** Over the innermost dimension. */
  record Softmax(float beta) implements WithoutKernel {}

  /** Inputs: x, weights, optional bias. */
  record Linear() implements OfRows {}

  /** Sum over labels that are not in the result, as in Einstein's notation; a label for each dimension. */
  record Product(List<Integer> left, List<Integer> right, List<Integer> result) implements Kind {}

  /** Inputs: q, keys, values, mask. */
  record ScaledDotProduct(float scale, float cap) implements WithoutKernel {}

  /** Inputs: ids, table. */
  record Lookup() implements Kind {}

  /** Inputs: state, the row that is stored at the token's position of a dimension. */
  record Store(int dimension) implements Kind {}

  /** Inputs: running state, the token's row: the rows of tokens before with the token's own behind, along a dimension. */
  record Window(int dimension) implements Kind {}

  /** Any other operation on the values of one token, with its parameters and its operands' shapes. */
  record Other(Op op, List<List<Integer>> parameters, int output) implements WithoutKernel {}

  // What kernels compute.

  /** Inputs: x, optional weight. Over the innermost dimension. */
  record RmsNorm(float epsilon) implements OfRows {}

  /** Inputs: x, optional weight, then optional bias. Over the innermost dimension. */
  record LayerNorm(float epsilon) implements OfRows {}

  /** Inputs: positions, frequencies. {@code function(position * frequency)}. */
  record Angles(Op.UnaryFunction function) implements Kind {}

  /** Inputs: x, cosines and sines of half a head. */
  record Rotary() implements Kind {}

  /** Inputs: q, stored keys, stored values, and a mask if the shape's window does not say all. */
  record Attention(AttentionShape shape) implements Kind {}

  /** Inputs: window of [channels, taps], taps of the same shape: the sum over taps. */
  record ShortConvolution() implements Kind {}

  record Activation(io.picaflor.kernels.Activation function) implements OfRows {}

  /** Inputs: gate, up. */
  record Gated(io.picaflor.kernels.Activation function) implements OfTwoRows {}

  record SoftCap(float cap) implements OfRows {}

  record Scale(float factor) implements OfRows {}

  /** Rows of integers in the form that integer products read. */
  record Quantized() implements OfRows {}

  /** Inputs: x, optional weight: the norm, quantized. */
  record NormQuantized(float epsilon) implements OfRows {}

  /** Inputs: residual, x, optional weight: {@code residual + norm(x)}. */
  record NormAdded(float epsilon) implements OfTwoRows {}

  /** Inputs: residual, x, weights, optional bias: {@code residual + x * W^T}. */
  record LinearAdded() implements OfTwoRows {}

  /** Inputs: x, gate's weights, up's weights. */
  record GatedLinear(io.picaflor.kernels.Activation function) implements OfRows {}

  /** Inputs: x, then weights whose results stand side by side. */
  record Linears() implements OfRows {}
}
