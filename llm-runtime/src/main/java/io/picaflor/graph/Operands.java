package io.picaflor.graph;

/** How many operands and results each operation takes, checked when a node is read. */
final class Operands {
  private Operands() {}

  /** What is wrong with a node's operands, or {@code null} if nothing is. */
  static String fault(Node node) {
    // Joins take any number of operands, and none of them is optional.
    boolean joins = node.op() instanceof Op.Concatenation || node.op() instanceof Op.Pack;
    int least = joins ? Math.max(1, node.inputs().size()) : leastInputs(node.op());
    if (node.inputs().size() < least) {
      return "expected " + least + " inputs, found " + node.inputs().size();
    }
    for (int i = 0; i < least; i++) {
      if (node.inputs().get(i).isEmpty()) {
        return "input " + i + " is missing";
      }
    }
    int outputs = leastOutputs(node.op());
    return node.outputs().size() < outputs ? "expected " + outputs + " outputs, found " + node.outputs().size() : null;
  }

  private static int leastInputs(Op op) {
    // @formatter:off
    return switch (op) {
      case Op.Unary _, Op.Softmax _, Op.Reshape _, Op.Concatenation _, Op.Pack _, Op.Unpack _, Op.Cast _,
          Op.Dequantize _, Op.Quantize _ -> 1;
      case Op.Binary _, Op.Compare _, Op.Reduce _, Op.FullyConnected _, Op.BatchMatmul _, Op.EmbeddingLookup _,
          Op.DepthwiseConv2d _, Op.Transpose _, Op.Split _, Op.Pad _, Op.BroadcastTo _, Op.Tile _, Op.Gather _,
          Op.GatherNd _, Op.TopK _, Op.ArgMax _, Op.Cumsum _ -> 2;
      case Op.Slice _, Op.SplitV _, Op.DynamicUpdateSlice _, Op.Select _ -> 3;
      case Op.StridedSlice _, Op.OneHot _ -> 4;
      case Op.Composite composite -> composite.decomposition().inputs().size();
      case Op.Custom _ -> 0;
    };
    // @formatter:on
  }

  private static int leastOutputs(Op op) {
    return switch (op) {
      case Op.TopK _ -> 2;
      case Op.Composite composite -> composite.decomposition().outputs().size();
      default -> 1;
    };
  }
}
