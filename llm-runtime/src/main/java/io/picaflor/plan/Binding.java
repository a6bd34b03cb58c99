package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.kernels.Codes;
import io.picaflor.kernels.Epilogue;
import io.picaflor.kernels.KvBuffer;
import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;
import io.picaflor.kernels.Operators;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Binds the steps of a plan to a session's memory: an operator for each, its operands where they lie. */
final class Binding {
  private static final int ROW_ALIGNMENT = 64;

  /** The place of an operand that a kind of form never has. */
  private static final int NO_BIAS = Integer.MAX_VALUE;

  private final PlannedNetwork network;
  private final MemorySegment memory;
  private final Map<Form, KvBuffer> buffers;
  private final Map<Form, MemorySegment> states;
  private final Operators operators;
  private final Arena arena;

  /**
   * A binding.
   *
   * @param memory for all values, as {@link Placement} asks for
   * @param buffers keys and values by the form that stores them
   * @param states running states by the form that lets them run on
   */
  Binding(PlannedNetwork network, MemorySegment memory, Map<Form, KvBuffer> buffers,
      Map<Form, MemorySegment> states, Arena arena) {
    this.network = network;
    this.memory = memory;
    this.buffers = buffers;
    this.states = states;
    this.operators = network.kernels().operators(network.workers());
    this.arena = arena;
  }

  /** Bytes from one row of a form to the next. */
  static long rowBytes(Form form) {
    return Math.ceilDiv(form.type().bytes(form.elements()), (long) ROW_ALIGNMENT) * ROW_ALIGNMENT;
  }

  /** Whether a form is rows of integers in the form of a tier. */
  static boolean isCodes(Form form) {
    return form.kind() instanceof Kind.Quantized || form.kind() instanceof Kind.NormQuantized;
  }

  /** Whether the reference executor's step has to compute a form. */
  static boolean isGeneric(Form form) {
    // No switch, here and where else each start comes by: the JVM makes code for one on patterns, which takes a millisecond.
    Kind kind = form.kind();
    if (kind instanceof Kind.Elementwise elementwise) {
      return !isWholeSum(form, elementwise);
    }
    if (kind instanceof Kind.Linear) {
      return !isLayer(form);
    }
    if (kind instanceof Kind.Product) {
      return Canonical.isConstant(form.input(0)) || Canonical.isConstant(form.input(1));
    }
    return kind instanceof Kind.WithoutKernel;
  }

  /** Sums and products of two rows of floats. */
  private static boolean isWholeSum(Form form, Kind.Elementwise kind) {
    boolean known = kind.op() instanceof Op.Binary op
        && (op.function() == Op.BinaryFunction.ADD || op.function() == Op.BinaryFunction.MUL);
    return known && form.type() == ElementType.FLOAT32 && Elements.isWhole(form, 0) && Elements.isWhole(form, 1)
        && !Canonical.isConstant(form.input(0)) && !Canonical.isConstant(form.input(1));
  }

  /** A layer of one row of values for a token. */
  private static boolean isLayer(Form form) {
    return form.shape().size() <= 1 && form.input(0).shape().size() == 1 && Canonical.isConstant(form.input(1));
  }

  /** The lists of matrices that a step multiplies by. */
  static List<List<Form>> weightsOf(Form form) {
    Kind kind = form.kind();
    if (kind instanceof Kind.Linear && isLayer(form)) {
      return List.of(form.inputs().subList(1, 2));
    }
    if (kind instanceof Kind.LinearAdded) {
      return List.of(form.inputs().subList(2, 3));
    }
    return kind instanceof Kind.GatedLinear || kind instanceof Kind.Linears
        ? List.of(form.inputs().subList(1, form.inputs().size()))
        : List.of();
  }

  /** The operator of a step. */
  Operator bind(Form form, boolean head) throws ModelFormatException, UnsupportedModelException {
    if (isGeneric(form)) {
      return network.genericStep(form).bind(operand -> rows(operand, head), arena, network.kernels(),
          network.workers());
    }
    return switch (form.kind()) {
      case Kind.Lookup _ -> {
        GenericStep.Rows ids = rows(form.input(0), head);
        yield new TableStep(network.weights().matrix(form.input(1)), ids.memory(), ids.stride(), matrix(form, head));
      }
      case Kind.Angles(Op.UnaryFunction function) -> new AnglesStep(function,
          ConstantValues.floats(form.input(1).tensor().orElseThrow()), matrix(form, head));
      case Kind.Scale(float factor) -> operators.scale(matrix(form.input(0), head), factor, matrix(form, head));
      case Kind.SoftCap(float cap) -> operators.softCap(matrix(form.input(0), head), cap, matrix(form, head));
      case Kind.Activation(var function) ->
          operators.activation(function, matrix(form.input(0), head), matrix(form, head));
      case Kind.Gated(var function) -> operators.gated(function, matrix(form.input(0), head),
          matrix(form.input(1), head), matrix(form, head));
      case Kind.Elementwise kind when ((Op.Binary) kind.op()).function() == Op.BinaryFunction.ADD ->
          operators.add(matrix(form.input(0), head), matrix(form.input(1), head), matrix(form, head));
      case Kind.Elementwise _ ->
          operators.multiply(matrix(form.input(0), head), matrix(form.input(1), head), matrix(form, head));
      case Kind.RmsNorm(float epsilon) -> operators.rmsNorm(matrix(form.input(0), head),
          form.elements() / form.width(), values(form, 1), epsilon, matrix(form, head));
      case Kind.LayerNorm(float epsilon) when form.shape().size() == 1 -> operators.layerNorm(
          matrix(form.input(0), head), values(form, 1), values(form, 2), epsilon, matrix(form, head));
      case Kind.NormQuantized(float epsilon) -> operators.rmsNormQuantize(matrix(form.input(0), head), values(form, 1),
          epsilon, null, codes(form, head));
      case Kind.NormAdded(float epsilon) -> operators.rmsNormAdd(matrix(form.input(1), head), values(form, 2), epsilon,
          matrix(form.input(0), head), matrix(form, head));
      case Kind.Quantized _ -> operators.quantize(matrix(form.input(0), head), codes(form, head));
      case Kind.Linear _ -> linear(form, head, 0, 2, new Epilogue.None());
      case Kind.LinearAdded _ -> linear(form, head, 1, 3, new Epilogue.Add(matrix(form.input(0), head)));
      case Kind.GatedLinear(var function) -> linear(form, head, 0, NO_BIAS, new Epilogue.Gated(function));
      case Kind.Linears _ -> linear(form, head, 0, NO_BIAS, new Epilogue.None());
      case Kind.Rotary _ -> operators.rotary(matrix(form.input(0), head), form.elements() / form.width(),
          matrix(form.input(1), head), matrix(form.input(2), head), matrix(form, head));
      case Kind.Product _ ->
          new ProductStep(form, matrix(form.input(0), head), matrix(form.input(1), head), matrix(form, head));
      case Kind.Window _ ->
          new WindowStep(form, states.get(form), matrix(form.input(1), head), matrix(form, head));
      case Kind.ShortConvolution _ -> new ShortConvolutionStep(matrix(form.input(0), head),
          ConstantValues.floats(form.input(1).tensor().orElseThrow()), form.input(0).width(), matrix(form, head));
      case Kind.Store _ -> operators.append(matrix(form.input(1), head), buffers.get(form));
      case Kind.Attention(var shape) -> operators.attention(shape, matrix(form.input(0), head),
          buffers.get(form.input(1)), buffers.get(form.input(2)),
          form.inputs().size() > 3 ? matrix(form.input(3), head) : null, matrix(form, head));
      default -> throw new IllegalStateException("no operator computes " + form);
    };
  }

  private Operator linear(Form form, boolean head, int x, int bias, Epilogue epilogue)
      throws ModelFormatException, UnsupportedModelException {
    MemorySegment offsets = values(form, bias);
    var packed = network.weights().packed(weightsOf(form).getFirst());
    return isCodes(form.input(x))
        ? operators.linear(codes(form.input(x), head), packed, offsets, epilogue, matrix(form, head))
        : operators.linear(matrix(form.input(x), head), packed, offsets, epilogue, matrix(form, head));
  }

  /** The values of a constant operand, or {@code null} if it is absent. */
  private MemorySegment values(Form form, int operand) throws ModelFormatException, UnsupportedModelException {
    return operand < form.inputs().size() ? network.weights().values(form.input(operand)) : null;
  }

  private Codes codes(Form form, boolean head) {
    return new Codes(slot(form, head), head ? 1 : network.chunk(), form.elements());
  }

  /** The rows of a form of floats. */
  Matrix matrix(Form form, boolean head) {
    View view = View.of(form);
    int stride = (int) (rowBytes(view.base()) / Float.BYTES);
    return new Matrix(slot(view.base(), head).asSlice(4L * view.from()), head ? 1 : network.chunk(), form.elements(),
        stride);
  }

  /** The rows of a form of any type; of a constant, the same row for all. */
  GenericStep.Rows rows(Form form, boolean head) throws ModelFormatException, UnsupportedModelException {
    View view = View.of(form);
    if (Canonical.isConstant(view.base())) {
      MemorySegment values = network.weights().values(view.base());
      return new GenericStep.Rows(values.asSlice(form.type().bytes(view.from())), 0);
    }
    return new GenericStep.Rows(slot(view.base(), head).asSlice(form.type().bytes(view.from())), rowBytes(view.base()));
  }

  private MemorySegment slot(Form base, boolean head) {
    return memory.asSlice(network.placement().offset(new Placement.Slot(base, head)));
  }
}
