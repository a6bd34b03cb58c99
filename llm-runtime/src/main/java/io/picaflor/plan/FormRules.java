package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.AttentionShape;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What operands each kind of form that kernels compute takes, of which types and sizes: what holds in plans that are made of a
 * graph, and is checked where a plan was read. For the forms of one plan, each after its operands.
 */
final class FormRules {
  private final int contextLength;
  private final Map<Form, Form> valuesOfKeys = new HashMap<>();
  private final Map<Form, Form> keysOfValues = new HashMap<>();
  private int kept;
  private int longest;

  FormRules(int contextLength) {
    this.contextLength = contextLength;
  }

  /** Whether a form of a kind, by its number in {@link PlanForm}, fits its operands. */
  boolean hold(int kind, Form form) {
    int count = form.inputs().size();
    return switch (kind) {
      case PlanForm.OPERAND -> count == 0 && isOperand(form);
      case PlanForm.STATE -> count == 0 && isFloats(form);
      case PlanForm.CONSTANT -> count == 0 && isConstant(form);
      case PlanForm.WIDENED -> count == 1 && form.input(0).kind() instanceof Kind.Constant && isFloats(form)
          && form.shape().equals(form.input(0).shape());
      case PlanForm.RESHAPE -> count == 1 && form.type() == form.input(0).type()
          && form.elements() == form.input(0).elements();
      case PlanForm.SLICE -> count == 1 && form.type() == form.input(0).type() && isPart(form);
      case PlanForm.LOOKUP -> count == 2 && isLookup(form);
      case PlanForm.STORE, PlanForm.WINDOW -> count == 2 && isKept(kind, form);
      default -> isFloats(form) && computes(kind, form, count);
    };
  }

  /** What is computed of rows of floats. */
  private boolean computes(int kind, Form form, int count) {
    return switch (kind) {
      case PlanForm.ADD, PlanForm.MULTIPLY -> count == 2 && form.shape().equals(form.input(0).shape())
          && form.shape().equals(form.input(1).shape()) && areLike(form, 2);
      case PlanForm.GATED -> count == 2 && areLike(form, 2);
      case PlanForm.ACTIVATION, PlanForm.SCALE, PlanForm.QUANTIZED -> count == 1 && areLike(form, 1);
      case PlanForm.SOFT_CAP -> count == 1 && areLike(form, 1) && isPositive(((Kind.SoftCap) form.kind()).cap());
      case PlanForm.RMS_NORM -> count >= 1 && count <= 2 && areLike(form, 1) && isVector(form, 1, form.width())
          && isEpsilon(((Kind.RmsNorm) form.kind()).epsilon());
      case PlanForm.LAYER_NORM -> count >= 1 && count <= 3 && form.shape().size() == 1 && areLike(form, 1)
          && isVector(form, 1, form.width()) && isVector(form, 2, form.width())
          && isEpsilon(((Kind.LayerNorm) form.kind()).epsilon());
      case PlanForm.NORM_QUANTIZED -> count >= 1 && count <= 2 && areLike(form, 1)
          && isVector(form, 1, form.elements()) && isEpsilon(((Kind.NormQuantized) form.kind()).epsilon());
      case PlanForm.NORM_ADDED -> count >= 2 && count <= 3 && areLike(form, 2) && isVector(form, 2, form.elements())
          && isEpsilon(((Kind.NormAdded) form.kind()).epsilon());
      case PlanForm.LINEAR -> count >= 2 && count <= 3 && form.shape().size() <= 1
          && form.input(0).shape().size() == 1 && isLayer(form, 0, 2) && isVector(form, 2, form.elements());
      case PlanForm.LINEAR_ADDED -> count >= 3 && count <= 4 && areLike(form, 1) && isLayer(form, 1, 3)
          && isVector(form, 3, form.elements());
      case PlanForm.LINEARS -> count >= 2 && isLayer(form, 0, count);
      case PlanForm.GATED_LINEAR -> count == 3 && isGatedLayer(form);
      case PlanForm.PRODUCT -> count == 2 && isProduct(form);
      case PlanForm.COSINES,
          PlanForm.SINES -> count == 2 && View.of(form.input(0)).base().kind() instanceof Kind.Operand
              && form.input(1).kind() instanceof Kind.Constant && isVector(form, 1, form.elements())
              && form.input(1).type() == ElementType.FLOAT32;
      case PlanForm.ROTARY -> count == 3 && areLike(form, 1) && form.width() % 2 == 0 && isRow(form.input(1))
          && isRow(form.input(2)) && form.input(1).elements() == form.width() / 2
          && form.input(2).elements() == form.width() / 2;
      case PlanForm.ATTENTION -> (count == 3 || count == 4) && isAttention(form);
      case PlanForm.SHORT_CONVOLUTION -> count == 2 && isConvolution(form);
      default -> false;
    };
  }

  /** Whether a plan's results are what sessions take: logits, and each state that a form stores, under its own name. */
  boolean hold(Form logits, Map<String, Form> states) {
    boolean fits =
        isRow(logits) && states.size() == kept && contextLength >= 1 && (longest == 0 || contextLength <= longest);
    for (Map.Entry<String, Form> state : states.entrySet()) {
      Kind kind = state.getValue().kind();
      fits &= (kind instanceof Kind.Store || kind instanceof Kind.Window)
          && state.getValue().input(0).kind() instanceof Kind.State from && from.name().equals(state.getKey());
    }
    return fits; // under different names there are different states, so all that are kept are named
  }

  private boolean isOperand(Form form) {
    List<Integer> shape = form.shape();
    return ((Kind.Operand) form.kind()).role() == OperandRole.CAUSAL_MASK
        ? shape.size() == 1 && form.width() == contextLength
            && (isFloats(form) || form.type() == ElementType.BOOL)
        : shape.isEmpty() && form.type() == ElementType.INT32;
  }

  private static boolean isFloats(Form form) {
    return form.type() == ElementType.FLOAT32;
  }

  private static boolean isConstant(Form form) {
    Tensor tensor = form.tensor().orElseThrow();
    long elements = tensor.shape().elements();
    boolean fits = elements == form.elements() && Canonical.squeezed(tensor.shape()).equals(form.shape())
        && tensor.data().orElseThrow().byteSize() == tensor.type().bytes(elements);
    if (tensor.quantization() instanceof Quantization.Affine affine) {
      long count = affine.count();
      return fits && affine.scales().byteSize() == count * Float.BYTES && (count == 1 || affine.dimension() >= 0
          && affine.dimension() < tensor.shape().rank() - 1 && tensor.shape().size(affine.dimension()) == count);
    }
    if (tensor.quantization() instanceof Quantization.Blockwise blocks) {
      return fits && tensor.type() == ElementType.INT4 && tensor.shape().rank() > 0 && blocks.blockSize() % 32 == 0
          && tensor.shape().size(-1) % blocks.blockSize() == 0
          && blocks.scales().byteSize() == elements / blocks.blockSize() * Short.BYTES;
    }
    return fits;
  }

  /** Whether a slice lies inside of its operand, as values side by side. */
  private static boolean isPart(Form form) {
    Kind.Slice slice = (Kind.Slice) form.kind();
    List<Integer> whole = form.input(0).shape();
    if (slice.begin().size() != whole.size() || slice.size().size() != whole.size()) {
      return false;
    }
    long elements = 1;
    for (int i = 0; i < whole.size(); i++) {
      int begin = slice.begin().get(i);
      int size = slice.size().get(i);
      if (begin < 0 || size < 1 || size > whole.get(i) || begin > whole.get(i) - size) {
        return false;
      }
      elements *= size;
    }
    return elements == form.elements() && View.of(form).base() != form;
  }

  private static boolean isLookup(Form form) {
    Form ids = form.input(0);
    return isFloats(form) && View.of(ids).base().kind() instanceof Kind.Operand && ids.type() == ElementType.INT32
        && ids.elements() == 1 && isMatrix(form.input(1)) && columns(form.input(1)) == form.elements();
  }

  private boolean isKept(int kind, Form form) {
    Form state = form.input(0);
    Form row = form.input(1);
    int dimension = kind == PlanForm.STORE
        ? ((Kind.Store) form.kind()).dimension()
        : ((Kind.Window) form.kind()).dimension();
    int rank = state.shape().size();
    boolean fits = state.kind() instanceof Kind.State && isFloats(form) && isRow(row) && dimension >= 0
        && dimension < rank && form.shape().size() == rank
        && (long) row.elements() * state.shape().get(dimension) == state.elements();
    for (int i = 0; fits && i < rank; i++) {
      int grown = i == dimension && kind == PlanForm.WINDOW ? 1 : 0;
      fits = form.shape().get(i) == state.shape().get(i) + grown;
    }
    kept++;
    if (fits && kind == PlanForm.STORE) {
      longest = Math.max(longest, state.shape().get(dimension));
      return rank == 2 || rank == 3;
    }
    return fits;
  }

  /** Whether a form is a row of floats for each token: neither a tier's codes nor what is kept of all tokens. */
  private static boolean isRow(Form form) {
    Form base = View.of(form).base();
    Kind kind = base.kind();
    return isFloats(form) && !Binding.isCodes(base) && !(kind instanceof Kind.Store) && !(kind instanceof Kind.State)
        && !Canonical.isConstant(base);
  }

  /** Whether the first operands are rows of as many values as the result. */
  private static boolean areLike(Form form, int count) {
    for (int i = 0; i < count; i++) {
      if (!isRow(form.input(i)) || form.input(i).elements() != form.elements()) {
        return false;
      }
    }
    return true;
  }

  /** Whether an operand is absent or a constant of so many floats. */
  private static boolean isVector(Form form, int operand, int count) {
    if (operand >= form.inputs().size()) {
      return true;
    }
    Form values = form.input(operand);
    boolean floats = isFloats(values) || values.type() == ElementType.FLOAT16;
    return Canonical.isConstant(values) && floats && values.elements() == count && isMatrix(values);
  }

  private static boolean isEpsilon(float epsilon) {
    return epsilon >= 0 && epsilon < Float.POSITIVE_INFINITY;
  }

  private static boolean isPositive(float cap) {
    return cap > 0 && cap < Float.POSITIVE_INFINITY;
  }

  /** Whether a form is a constant that can be read as a matrix of numbers. */
  private static boolean isMatrix(Form form) {
    if (!Canonical.isConstant(form)) {
      return false;
    }
    Tensor tensor = Weights.tensor(form);
    return switch (tensor.type()) {
      case FLOAT32, FLOAT16 -> tensor.quantization() instanceof Quantization.None;
      case INT8, INT4, INT2 -> !(tensor.quantization() instanceof Quantization.None);
      case INT32, INT64, INT16, UINT8, BOOL -> false;
    };
  }

  private static int columns(Form matrix) {
    Tensor tensor = Weights.tensor(matrix);
    return tensor.shape().rank() == 0 ? 1 : tensor.shape().size(-1);
  }

  /** Whether a layer's matrices, from behind x on, take x and give as many values as the form has. */
  private static boolean isLayer(Form form, int x, int end) {
    return rows(form, x, end) == form.elements();
  }

  private static boolean isGatedLayer(Form form) {
    return rows(form, 0, 3) == 2L * form.elements()
        && Weights.tensor(form.input(1)).shape().rows() == form.elements();
  }

  /** Rows of a layer's matrices together; -1 if they cannot be parts of one, or do not take x. */
  private static long rows(Form form, int x, int end) {
    Form operand = form.input(x);
    Form first = form.input(x + 1);
    boolean coded = Binding.isCodes(operand);
    boolean fits = (coded || isRow(operand)) && isMatrix(first) && coded == Fusions.isInteger(first);
    long rows = 0;
    for (int i = x + 1; fits && i < end; i++) {
      Form part = form.input(i);
      fits = isMatrix(part) && part.kind() instanceof Kind.Constant == first.kind() instanceof Kind.Constant
          && columns(part) == operand.elements() && Weights.isSameKind(Weights.tensor(first), Weights.tensor(part));
      rows += fits ? Weights.tensor(part).shape().rows() : 0;
    }
    return fits ? rows : -1;
  }

  /** Whether each label of a product has one size, and each of the result's stands in an operand. */
  private static boolean isProduct(Form form) {
    Kind.Product product = (Kind.Product) form.kind();
    Map<Integer, Integer> sizes = new HashMap<>();
    boolean fits = isRow(form.input(0)) && isRow(form.input(1))
        && addSizes(sizes, product.left(), form.input(0).shape())
        && addSizes(sizes, product.right(), form.input(1).shape())
        && product.result().size() == form.shape().size();
    long steps = 1;
    for (int i = 0; fits && i < product.result().size(); i++) {
      fits = form.shape().get(i).equals(sizes.remove(product.result().get(i)));
    }
    for (int size : sizes.values()) { // those that are summed over
      steps = Math.min(steps * size, Integer.MAX_VALUE);
    }
    return fits && steps <= Math.max(form.input(0).elements(), form.input(1).elements());
  }

  private static boolean addSizes(Map<Integer, Integer> sizes, List<Integer> labels, List<Integer> shape) {
    if (labels.size() != shape.size()) {
      return false;
    }
    for (int i = 0; i < labels.size(); i++) {
      Integer known = sizes.putIfAbsent(labels.get(i), shape.get(i));
      if (known != null && !known.equals(shape.get(i)) || labels.indexOf(labels.get(i)) != i) {
        return false;
      }
    }
    return true;
  }

  /** Whether queries, keys and values have the shape's heads; a layer's keys belong to one layer's values. */
  private boolean isAttention(Form form) {
    AttentionShape shape = ((Kind.Attention) form.kind()).shape();
    Form keys = form.input(1);
    Form values = form.input(2);
    boolean masked = form.inputs().size() > 3;
    boolean mask = !masked || isRow(form.input(3)) && form.input(3).elements() == contextLength;
    return mask && isRow(form.input(0)) && form.input(0).elements() == (long) shape.heads() * shape.keySize()
        && form.elements() == (long) shape.heads() * shape.valueSize()
        && isHeads(keys, shape.kvHeads(), shape.keySize()) && isHeads(values, shape.kvHeads(), shape.valueSize())
        && keys != values && !keysOfValues.containsKey(keys) && !valuesOfKeys.containsKey(values)
        && isOrBecomes(valuesOfKeys, keys, values) && isOrBecomes(keysOfValues, values, keys);
  }

  private static boolean isOrBecomes(Map<Form, Form> partners, Form of, Form partner) {
    Form known = partners.putIfAbsent(of, partner);
    return known == null || known == partner;
  }

  private static boolean isHeads(Form store, int count, int size) {
    if (!(store.kind() instanceof Kind.Store)) {
      return false;
    }
    StoredHeads heads = StoredHeads.of(store).orElseThrow();
    return heads.heads() == count && heads.headSize() == size;
  }

  private static boolean isConvolution(Form form) {
    Form window = form.input(0);
    return isRow(window) && window.shape().size() == 2 && form.elements() == window.shape().getFirst()
        && form.input(1).kind() instanceof Kind.Constant && form.input(1).type() == ElementType.FLOAT32
        && form.input(1).elements() == window.elements();
  }
}
