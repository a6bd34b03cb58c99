package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Activation;
import io.picaflor.kernels.AttentionShape;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A plan with a form of every kind that kernels compute; its constants lie in a piece of memory that stands for a model file. */
final class EveryKind {
  static final int CONTEXT = 8;
  private static final int WIDTH = 8;

  private final MadeForms made = new MadeForms();
  private final MemorySegment file = Arena.ofAuto().allocate(8192, 64);
  private long end;

  EveryKind() {
    for (long i = 0; i < file.byteSize(); i += Float.BYTES) {
      file.set(ValueLayout.JAVA_FLOAT, i, 0.25f + 0.001f * (i % 97));
    }
  }

  /** What stands for the model's file. */
  MemorySegment file() {
    return file;
  }

  private MemorySegment next(long bytes) {
    end += bytes;
    return file.asSlice(end - bytes, bytes);
  }

  private Form constant(ElementType type, Quantization quantization, int... shape) {
    Shape sizes = Shape.of(shape);
    return made.constant(new Tensor((int) end, "t", type, sizes, quantization, 0,
        Optional.of(next(type.bytes(sizes.elements())))));
  }

  private Form floats(int... shape) {
    return constant(ElementType.FLOAT32, new Quantization.None(), shape);
  }

  private Form integers(int rows) {
    return constant(ElementType.INT8, new Quantization.Affine(0, next(4L * rows), 0), rows, WIDTH);
  }

  private Form form(Kind kind, List<Integer> shape, Form... inputs) {
    return made.graph.form(kind, List.of(inputs), ElementType.FLOAT32, shape);
  }

  private Form row(Kind kind, Form... inputs) {
    return form(kind, List.of(WIDTH), inputs);
  }

  private Form sum(Op.BinaryFunction function, Form a, Form b) {
    return made.binary(function, a, b);
  }

  private Form operand(OperandRole role, ElementType type, Integer... shape) {
    return made.graph.form(new Kind.Operand(role, role.name()), List.of(), type, List.of(shape));
  }

  Plan plan() throws NotPlannable {
    Map<String, Form> states = new TreeMap<>();
    Form x = row(new Kind.Lookup(), operand(OperandRole.TOKENS, ElementType.INT32), floats(16, WIDTH));
    x = row(new Kind.SoftCap(30), row(new Kind.Scale(0.5f), x));
    x = sum(Op.BinaryFunction.ADD, row(new Kind.RmsNorm(1e-6f), x, floats(WIDTH)), x);
    x = sum(Op.BinaryFunction.MUL, row(new Kind.LayerNorm(1e-5f), x, floats(WIDTH), floats(WIDTH)), x);
    x = row(new Kind.Gated(Activation.GELU), row(new Kind.Activation(Activation.SILU), x), x);
    x = row(new Kind.NormAdded(1e-6f), x, x, made.constant(new int[] {WIDTH}, 1, 2, 3, 4, 5, 6, 7, 8));
    x = row(new Kind.Linear(), x, widened(WIDTH), floats(WIDTH));
    x = attention(x, states);
    x = row(new Kind.LinearAdded(), x, convolution(x, states), floats(WIDTH, WIDTH / 2), floats(WIDTH));
    Form codes = row(new Kind.NormQuantized(1e-6f), x, floats(WIDTH));
    x = row(new Kind.GatedLinear(Activation.GELU_TANH), codes, integers(WIDTH), integers(WIDTH));
    Form blocks = form(new Kind.Linear(), List.of(4), row(new Kind.Quantized(), x),
        constant(ElementType.INT4, new Quantization.Affine(0, next(4), 0), 4, WIDTH));
    Form logits = form(new Kind.Linears(), List.of(16), blocks, floats(6, 4), floats(10, 4));
    return new Plan(logits, states);
  }

  private Form widened(int rows) {
    Form halves = constant(ElementType.FLOAT16, new Quantization.None(), rows, WIDTH);
    return form(new Kind.Elementwise(new Op.Dequantize(), List.of(List.of(0, 1))), List.of(rows, WIDTH), halves);
  }

  /** Two heads of queries over one of keys. */
  private Form attention(Form x, Map<String, Form> states) {
    Form positions = operand(OperandRole.POSITIONS, ElementType.INT32);
    Form frequencies = floats(2);
    Form cosines = form(new Kind.Angles(Op.UnaryFunction.COS), List.of(2), positions, frequencies);
    Form sines = form(new Kind.Angles(Op.UnaryFunction.SIN), List.of(2), positions, frequencies);
    Form heads = form(new Kind.Reshape(), List.of(2, 4), x);
    Form q = form(new Kind.Rotary(), List.of(2, 4), heads, cosines, sines);
    Form keys = store("k", part(x, 0), states);
    Form values = store("v", part(x, 4), states);
    Form mask = operand(OperandRole.CAUSAL_MASK, ElementType.FLOAT32, CONTEXT);
    Form seen = row(new Kind.Attention(new AttentionShape(2, 1, 4, 4, 0.5f, 50, 5)), q, keys, values);
    Form masked = row(new Kind.Attention(new AttentionShape(2, 1, 4, 4, 0.5f, 0, Integer.MAX_VALUE)), q, keys, values,
        mask);
    return sum(Op.BinaryFunction.ADD, seen, masked);
  }

  private Form part(Form x, int from) {
    return form(new Kind.Slice(List.of(from), List.of(4)), List.of(4), x);
  }

  private Form store(String name, Form row, Map<String, Form> states) {
    Form state = form(new Kind.State(name), List.of(CONTEXT, 4));
    Form store = form(new Kind.Store(0), state.shape(), state, row);
    states.put(name, store);
    return store;
  }

  /** A window over the last three rows of four channels, turned by a product of a part with itself. */
  private Form convolution(Form x, Map<String, Form> states) {
    Form state = form(new Kind.State("c"), List.of(4, 2));
    Form window = form(new Kind.Window(1), List.of(4, 3), state, part(x, 2));
    states.put("c", window);
    Form channels = form(new Kind.ShortConvolution(), List.of(4), window, floats(4, 3));
    Form square = form(new Kind.Reshape(), List.of(2, 2), channels);
    Form product = form(new Kind.Product(List.of(0, 1), List.of(1, 2), List.of(0, 2)), List.of(2, 2), square, square);
    return form(new Kind.Reshape(), List.of(4), product);
  }
}
