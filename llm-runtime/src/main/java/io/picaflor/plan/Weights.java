package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.reference.Constants;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The constants of a plan as its steps read them: weights packed for the tier, small ones in aligned memory. */
final class Weights {
  private final Constants constants;
  private final Map<List<Form>, PackedWeights> packed = new HashMap<>();
  private final Map<Form, WeightMatrix> tables = new HashMap<>();

  Weights(Constants constants) {
    this.constants = constants;
  }

  /** Whether two constants are stored and quantized in the same way. */
  static boolean isSameKind(Tensor a, Tensor b) {
    boolean sameBlocks = !(a.quantization() instanceof Quantization.Blockwise left)
        || b.quantization() instanceof Quantization.Blockwise right && left.blockSize() == right.blockSize();
    return a.type() == b.type() && a.quantization().getClass() == b.quantization().getClass() && sameBlocks;
  }

  /** The constant behind a form that is one, or one that is widened. */
  static Tensor tensor(Form form) {
    return form.kind() instanceof Kind.Constant ? form.tensor().orElseThrow() : form.input(0).tensor().orElseThrow();
  }

  /** Packs matrices below one another, all lists at once; called once, before any is asked for. */
  PackedModel pack(Collection<List<Form>> lists, Function<List<PackedSource>, PackedModel> packing)
      throws ModelFormatException, UnsupportedModelException {
    List<List<Form>> distinct = List.copyOf(new LinkedHashSet<>(lists));
    List<PackedSource> sources = new ArrayList<>();
    for (List<Form> parts : distinct) {
      List<WeightMatrix> matrices = new ArrayList<>();
      for (Form part : parts) {
        matrices.add(constants.weightMatrix(tensor(part), !(part.kind() instanceof Kind.Constant)));
      }
      sources.add(new PackedSource(matrices));
    }
    PackedModel result = packing.apply(sources);
    for (int i = 0; i < distinct.size(); i++) {
      packed.put(distinct.get(i), result.weights().get(i));
    }
    return result;
  }

  /** Matrices that were packed below one another. */
  PackedWeights packed(List<Form> parts) {
    return packed.get(parts);
  }

  /** A constant as a matrix that is read row by row. */
  WeightMatrix matrix(Form form) throws ModelFormatException, UnsupportedModelException {
    WeightMatrix known = tables.get(form);
    if (known == null) {
      known = constants.weightMatrix(tensor(form), false);
      tables.put(form, known);
    }
    return known;
  }

  /** The values of a constant in aligned memory. */
  MemorySegment values(Form form) throws ModelFormatException, UnsupportedModelException {
    boolean widened = !(form.kind() instanceof Kind.Constant) || form.type() == ElementType.FLOAT16;
    return constants.segment(tensor(form), widened);
  }

  Constants constants() {
    return constants;
  }
}
