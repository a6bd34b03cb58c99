package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.Op;

/** Chooses the step for an operation: the table of contents of the reference executor. */
final class Steps {
  private Steps() {}

  /**
   * The step of an operation, its shapes checked.
   *
   * @param inPlace whether an update's result shares its operand's memory
   * @throws UnsupportedModelException if we do not compute that operation on such operands
   */
  static Step of(Operation o, boolean inPlace) throws ModelFormatException, UnsupportedModelException {
    return switch (o.node().op()) {
      case Op.Unary op -> Elementwise.unary(op, o);
      case Op.Binary op -> Elementwise.binary(op, o);
      case Op.Compare op -> Elementwise.compare(op, o);
      case Op.Select op -> Elementwise.select(op, o);
      case Op.Reduce op -> Reductions.reduce(op, o);
      case Op.Softmax op -> Reductions.softmax(op, o);
      case Op.Cumsum op -> Reductions.cumsum(op, o);
      case Op.ArgMax _ -> Reductions.argMax(o);
      case Op.TopK _ -> Reductions.topK(o);
      case Op.FullyConnected op -> Matrices.fullyConnected(op, o);
      case Op.BatchMatmul op -> Matrices.batchMatmul(op, o);
      case Op.EmbeddingLookup _ -> Matrices.embeddingLookup(o);
      case Op.DepthwiseConv2d op -> Matrices.depthwise(op, o);
      case Op.Reshape _ -> throw new IllegalArgumentException("a reshape is a view, and no step");
      case Op.Transpose _ -> Movement.transpose(o);
      case Op.Slice _ -> Movement.slice(o);
      case Op.StridedSlice op -> Movement.stridedSlice(op, o);
      case Op.Concatenation op -> Movement.concatenation(op, o);
      case Op.Split _ -> Movement.split(o.in(1), axis(o, 0), o);
      case Op.SplitV _ -> Movement.split(o.in(0), axis(o, 2), o);
      case Op.Pack op -> Movement.pack(op, o);
      case Op.Unpack op -> Movement.unpack(op, o);
      case Op.Pad _ -> Movement.pad(o);
      case Op.BroadcastTo _ -> Movement.broadcast(o);
      case Op.Tile _ -> Movement.tile(o);
      case Op.DynamicUpdateSlice _ -> Movement.dynamicUpdateSlice(o, inPlace);
      case Op.Gather op -> Movement.gather(op, o);
      case Op.GatherNd _ -> Movement.gatherNd(o);
      case Op.Cast _ -> Conversions.cast(o);
      case Op.OneHot op -> Conversions.oneHot(op.axis(), o);
      case Op.Dequantize _ -> Conversions.dequantize(o.node().input(0), o);
      case Op.Quantize _ -> Conversions.quantize(o.node().output(), o);
      case Op.Composite op -> Attention.step(op, o);
      case Op.Custom op when op.name().equals(MixtureOfExperts.NAME) -> MixtureOfExperts.step(op, o);
      case Op.Custom op -> throw o.unsupported("no custom operation '" + op.name() + "' is known here");
    };
  }

  private static int axis(Operation o, int input) throws ModelFormatException, UnsupportedModelException {
    int[] axis = o.ints(input);
    o.require(axis.length == 1, "axis: expected one number, found " + axis.length);
    return axis[0];
  }
}
