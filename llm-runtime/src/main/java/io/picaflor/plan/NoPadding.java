package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Simplifies a signature of many tokens under "there are no padding rows", for the plan has none: the test of a row for the
 * token that rows are padded with is true, and what is computed of nothing but such tests and constants is a constant, such as
 * the number of rows that count.
 *
 * <p>Only where decoding makes no such test: what it does with that token is what the model does with it.
 */
final class NoPadding {
  /** What rows behind the last token are filled with when a signature takes more of them than there are. */
  private static final int PAD_TOKEN = 0;

  private final FormGraph graph;
  private final int tokens;
  private final Set<Form> derived = new HashSet<>();

  /** @param tokens how many the signature takes, more than 1 */
  NoPadding(FormGraph graph, int tokens) {
    this.graph = graph;
    this.tokens = tokens;
  }

  /** Whether a form is a test of a token for padding. */
  static boolean isTest(Form form) {
    return form.kind() instanceof Kind.Elementwise kind
        && kind.op() instanceof Op.Compare(Op.Comparison comparison) && comparison == Op.Comparison.NOT_EQUAL
        && isTokens(form.input(0)) && isNumber(form.input(1), PAD_TOKEN);
  }

  private static boolean isTokens(Form form) {
    Form bare = form.kind() instanceof Kind.Reshape ? form.input(0) : form;
    return bare.kind() instanceof Kind.Operand operand && operand.role() == OperandRole.TOKENS;
  }

  private static boolean isNumber(Form form, int number) {
    return form.kind() instanceof Kind.Constant && form.type() == ElementType.INT32 && form.shape().isEmpty()
        && ConstantValues.ints(form.tensor().orElseThrow()).orElseThrow()[0] == number;
  }

  /** The value of a test, or of a node that reads constants only and takes part in counting rows; else empty. */
  Optional<Lifted> of(FlatNode flat, List<Lifted> inputs) {
    Lifted x = inputs.getFirst();
    if (x == null) {
      return Optional.empty();
    }
    Shape result = flat.node().output().shape();
    return switch (flat.node().op()) {
      case Op.Compare op when op.equals(new Op.Compare(Op.Comparison.NOT_EQUAL)) && isTokens(x.form())
          && isNumber(inputs.get(1).form(), PAD_TOKEN) ->
          Optional.of(new Lifted(constant(ElementType.BOOL, 1), result, x.axis(), false));
      case Op.Cast _ when derived.contains(x.form()) -> numbers(x)
          .flatMap(values -> made(flat.node().output().type(), values))
          .map(form -> new Lifted(form, result, x.axis(), false));
      case Op.Reduce op when op.function() == Op.Reduction.SUM && derived.contains(x.form()) -> count(flat, x);
      case Op.Binary op when op.function() == Op.BinaryFunction.ADD && op.activation() == Op.Activation.NONE ->
          sum(inputs, result);
      default -> Optional.empty();
    };
  }

  /** The sum of a number that is the same for all tokens, over the tokens and nothing else. */
  private Optional<Lifted> count(FlatNode flat, Lifted x) {
    boolean overTokens = x.axis().isPresent() && x.axis().get().isPure() && x.shape().elements() == tokens;
    return !overTokens || flat.node().output().shape().elements() != 1
        ? Optional.empty()
        : numbers(x).flatMap(values -> made(x.form().type(), values[0] * tokens))
            .map(form -> new Lifted(form, flat.node().output().shape(), Optional.empty(), false));
  }

  /** A count plus a short list of numbers. */
  private Optional<Lifted> sum(List<Lifted> inputs, Shape result) {
    Lifted a = inputs.get(0);
    Lifted b = inputs.get(1);
    if (a.axis().isPresent() || b.axis().isPresent() || a.form().type() != ElementType.INT32 || result.rank() != 1
        || !derived.contains(a.form()) && !derived.contains(b.form())) {
      return Optional.empty();
    }
    Optional<double[]> left = numbers(a);
    Optional<double[]> right = numbers(b);
    if (left.isEmpty() || right.isEmpty()) {
      return Optional.empty();
    }
    double[] values = new double[result.size(0)];
    for (int i = 0; i < values.length; i++) {
      values[i] = left.get()[left.get().length == 1 ? 0 : i] + right.get()[right.get().length == 1 ? 0 : i];
    }
    return made(ElementType.INT32, values).map(form -> new Lifted(form, result, Optional.empty(), false));
  }

  /** The values of a constant of up to 64 numbers. */
  private static Optional<double[]> numbers(Lifted lifted) {
    Form form = lifted.form();
    if (!(form.kind() instanceof Kind.Constant) || form.elements() > 64) {
      return Optional.empty();
    }
    Tensor tensor = form.tensor().orElseThrow();
    double[] values = new double[form.elements()];
    for (int i = 0; i < values.length; i++) {
      switch (form.type()) {
        case BOOL -> values[i] = tensor.data().orElseThrow().get(java.lang.foreign.ValueLayout.JAVA_BYTE, i);
        case INT32 -> values[i] = ConstantValues.ints(tensor).orElseThrow()[i];
        case FLOAT32 -> values[i] = ConstantValues.floats(tensor)[i];
        default -> {
          return Optional.empty();
        }
      }
    }
    return Optional.of(values);
  }

  private Optional<Form> made(ElementType type, double... values) {
    return type == ElementType.INT32 || type == ElementType.FLOAT32
        ? Optional.of(constant(type, values))
        : Optional.empty();
  }

  private Form constant(ElementType type, double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (type) {
        case BOOL -> bytes.put((byte) value);
        case INT32 -> bytes.putInt((int) value);
        default -> bytes.putFloat((float) value);
      }
    }
    Shape shape = values.length == 1 ? Shape.of() : Shape.of(values.length);
    MemorySegment data = MemorySegment.ofArray(java.util.Arrays.copyOf(bytes.array(), bytes.position())).asReadOnly();
    Tensor tensor = new Tensor(-1, "rows that count", type, shape, new Quantization.None(), 0, Optional.of(data));
    Form form =
        graph.form(new Kind.Constant(ConstantValues.identity(tensor)), List.of(), type, Canonical.squeezed(shape),
            Optional.empty(), Optional.of(tensor));
    derived.add(form);
    return form;
  }
}
