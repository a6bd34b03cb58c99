package io.picaflor.description;

import io.picaflor.ModelDescription;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Counts the weights of a graph by number format. Signatures share buffers: each is counted once. */
final class WeightCensus {
  /** The same values: where they lie. */
  private record Place(long address, long bytes) {}

  /** What one format holds so far. */
  private record Tally(int matrices, long parameters, long bytes) {
    Tally plus(Tally other) {
      return new Tally(matrices + other.matrices, parameters + other.parameters, bytes + other.bytes);
    }
  }

  private final Set<Place> seen = new HashSet<>();
  private final Set<Subgraph> visited = new HashSet<>();
  private final Map<String, Tally> formats = new TreeMap<>();
  private long parameters;

  /** Counts what a subgraph and its composites hold. */
  void add(Subgraph subgraph) {
    if (!visited.add(subgraph)) {
      return;
    }
    for (Node node : subgraph.nodes()) {
      if (node.op() instanceof Op.Composite composite) {
        add(composite.decomposition());
      }
      for (int i = 0; i < node.inputs().size(); i++) {
        if (node.hasInput(i) && node.input(i).isConstant()) {
          add(node.input(i), isMatrix(node.op(), i));
        }
      }
    }
  }

  private void add(Tensor tensor, boolean matrix) {
    boolean number = isNumber(tensor);
    boolean counts = matrix || dimensions(tensor) <= 1; // tables of angles and masks are computed, not learned
    MemorySegment data = tensor.data().orElseThrow();
    if (!number || !counts || !seen.add(new Place(data.address(), data.byteSize()))) {
      return;
    }
    long elements = tensor.shape().elements();
    parameters += elements;
    if (matrix) {
      formats.merge(format(tensor), new Tally(1, elements, tensor.bytes() + scaleBytes(tensor)), Tally::plus);
    }
  }

  /** Formats with the most bytes first. */
  List<ModelDescription.WeightFormat> formats() {
    return formats.entrySet().stream()
        .map(e -> new ModelDescription.WeightFormat(
            e.getKey(), e.getValue().matrices(), e.getValue().parameters(), e.getValue().bytes()))
        .sorted(Comparator.comparingLong(ModelDescription.WeightFormat::bytes).reversed())
        .toList();
  }

  /** Numbers in matrices, vectors and single values. */
  long parameters() {
    return parameters;
  }

  /** Whether an operation takes this operand as a matrix of weights. */
  private static boolean isMatrix(Op op, int operand) {
    return switch (op) {
      case Op.FullyConnected _ -> operand == 1;
      case Op.EmbeddingLookup _ -> operand == 1;
      case Op.DepthwiseConv2d _ -> operand == 1;
      case Op.BatchMatmul _ -> true;
      case Op.Gather _ -> operand == 0;
      case Op.Dequantize _ -> true;
      default -> false;
    };
  }

  private static boolean isNumber(Tensor tensor) {
    return switch (tensor.type()) {
      case FLOAT32, FLOAT16, INT8, INT4, INT2 -> true;
      case UINT8, INT16 -> !(tensor.quantization() instanceof Quantization.None);
      case INT32, INT64, BOOL -> false;
    };
  }

  private static int dimensions(Tensor tensor) {
    int large = 0;
    for (int size : tensor.shape().sizes()) {
      large += size > 1 ? 1 : 0;
    }
    return large;
  }

  private static String format(Tensor tensor) {
    String type = tensor.type().name().toLowerCase(Locale.ROOT);
    return switch (tensor.quantization()) {
      case Quantization.None _ -> type;
      case Quantization.Affine affine -> type + (affine.count() == 1 ? " per tensor" : " per channel");
      case Quantization.Blockwise blocks -> type + " in blocks of " + blocks.blockSize();
    };
  }

  private static long scaleBytes(Tensor tensor) {
    return switch (tensor.quantization()) {
      case Quantization.None _ -> 0;
      case Quantization.Affine affine -> affine.scales().byteSize();
      case Quantization.Blockwise blocks -> blocks.scales().byteSize();
    };
  }
}
