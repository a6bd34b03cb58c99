package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a plan so that {@link PlanReader} reads it without the graph: {@code docs/plan-form.md}. */
final class PlanWriter {

  private final MemorySegment model;
  private final Map<Form, Integer> numbers = new HashMap<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private int[] words = new int[1 << 12];
  private int count = PlanForm.HEADER_WORDS;

  /** Says that a plan has something that the form has no number for. */
  private static final class NoForm extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private PlanWriter(MemorySegment model) {
    this.model = model;
  }

  /**
   * A plan's form; empty if it has none, because operations of the graph compute something of it.
   *
   * @param model the file whose bytes the plan's constants are, as far as they are not computed
   */
  static Optional<byte[]> write(Plan plan, int contextLength, MemorySegment model) {
    try {
      return Optional.of(new PlanWriter(model).write(plan, contextLength));
    } catch (NoForm _) {
      return Optional.empty();
    }
  }

  private byte[] write(Plan plan, int contextLength) {
    Map<String, Form> states = plan.states();
    List<Form> roots = new ArrayList<>(states.values());
    roots.add(plan.logits());
    List<Form> forms = Rewriting.reachable(roots);
    longWord(model.byteSize());
    word(contextLength);
    word(forms.size());
    for (Form form : forms) {
      form(form);
      numbers.put(form, numbers.size());
    }
    word(numbers.get(plan.logits()));
    word(states.size());
    states.forEach((name, form) -> {
      text(name);
      word(numbers.get(form));
    });
    return done();
  }

  private byte[] done() {
    if ((long) count * Integer.BYTES + bytes.size() > PlanForm.MOST_BYTES) {
      throw new NoForm();
    }
    int[] header = {PlanForm.MAGIC[0], PlanForm.MAGIC[1], PlanForm.VERSION, count, bytes.size()};
    System.arraycopy(header, 0, words, 0, PlanForm.HEADER_WORDS);
    ByteBuffer all = ByteBuffer.allocate(count * Integer.BYTES + bytes.size()).order(ByteOrder.LITTLE_ENDIAN);
    all.asIntBuffer().put(words, 0, count);
    all.position(count * Integer.BYTES).put(bytes.toByteArray());
    return all.array();
  }

  /** Type, shape and operands, then the kind's number and its parameters. */
  private void form(Form form) {
    word(PlanForm.number(PlanForm.TYPES, form.type()));
    list(form.shape());
    word(form.inputs().size());
    for (Form input : form.inputs()) {
      word(numbers.get(input));
    }
    switch (form.kind()) {
      case Kind.Operand kind -> {
        word(PlanForm.OPERAND);
        word(PlanForm.number(PlanForm.ROLES, kind.role()));
        text(kind.name());
      }
      case Kind.State kind -> {
        word(PlanForm.STATE);
        text(kind.name());
      }
      case Kind.Constant _ -> {
        word(PlanForm.CONSTANT);
        tensor(form.tensor().orElseThrow());
      }
      case Kind.Elementwise kind -> word(elementwise(form, kind.op()));
      case Kind.Reshape _ -> word(PlanForm.RESHAPE);
      case Kind.Slice kind when View.of(form).base() != form -> {
        word(PlanForm.SLICE);
        list(kind.begin());
        list(kind.size());
      }
      case Kind.Linear _ when !Binding.isGeneric(form) -> word(PlanForm.LINEAR);
      case Kind.Product kind when !Binding.isGeneric(form) -> {
        word(PlanForm.PRODUCT);
        list(kind.left());
        list(kind.right());
        list(kind.result());
      }
      case Kind.Lookup _ -> word(PlanForm.LOOKUP);
      case Kind.Store kind -> number(PlanForm.STORE, kind.dimension());
      case Kind.Window kind -> number(PlanForm.WINDOW, kind.dimension());
      case Kind.RmsNorm kind -> real(PlanForm.RMS_NORM, kind.epsilon());
      case Kind.LayerNorm kind -> real(PlanForm.LAYER_NORM, kind.epsilon());
      case Kind.Angles kind -> word(kind.function() == Op.UnaryFunction.COS ? PlanForm.COSINES : PlanForm.SINES);
      case Kind.Rotary _ -> word(PlanForm.ROTARY);
      case Kind.Attention kind -> attention(kind.shape());
      case Kind.ShortConvolution _ -> word(PlanForm.SHORT_CONVOLUTION);
      case Kind.Activation kind -> activation(PlanForm.ACTIVATION, kind.function());
      case Kind.Gated kind -> activation(PlanForm.GATED, kind.function());
      case Kind.SoftCap kind -> real(PlanForm.SOFT_CAP, kind.cap());
      case Kind.Scale kind -> real(PlanForm.SCALE, kind.factor());
      case Kind.Quantized _ -> word(PlanForm.QUANTIZED);
      case Kind.NormQuantized kind -> real(PlanForm.NORM_QUANTIZED, kind.epsilon());
      case Kind.NormAdded kind -> real(PlanForm.NORM_ADDED, kind.epsilon());
      case Kind.LinearAdded _ -> word(PlanForm.LINEAR_ADDED);
      case Kind.GatedLinear kind -> activation(PlanForm.GATED_LINEAR, kind.function());
      case Kind.Linears _ -> word(PlanForm.LINEARS);
      case Kind.Slice _,Kind.Linear _,Kind.Product _,Kind.Transpose _,Kind.Concatenation _,Kind.Broadcast _,Kind.Reduce _,Kind.Softmax _,Kind.ScaledDotProduct _,Kind.Other _ ->
          throw new NoForm();
    }
  }

  /** What kernels compute of them: sums and products of rows; and constants that are widened. */
  private static int elementwise(Form form, Op op) {
    if (op instanceof Op.Dequantize && Canonical.isConstant(form)) {
      return PlanForm.WIDENED;
    }
    if (Binding.isGeneric(form)) {
      throw new NoForm();
    }
    return ((Op.Binary) op).function() == Op.BinaryFunction.ADD ? PlanForm.ADD : PlanForm.MULTIPLY;
  }

  private void attention(io.picaflor.kernels.AttentionShape shape) {
    word(PlanForm.ATTENTION);
    word(shape.heads());
    word(shape.kvHeads());
    word(shape.keySize());
    word(shape.valueSize());
    word(Float.floatToRawIntBits(shape.scale()));
    word(Float.floatToRawIntBits(shape.cap()));
    word(shape.window());
  }

  private void activation(int kind, io.picaflor.kernels.Activation function) {
    number(kind, PlanForm.number(PlanForm.ACTIVATIONS, function));
  }

  private void tensor(Tensor tensor) {
    Shape shape = tensor.shape();
    word(tensor.index());
    word(shape.rank());
    for (int size : shape.sizes()) {
      word(size);
    }
    segment(tensor.data().orElseThrow());
    switch (tensor.quantization()) {
      case Quantization.None _ -> word(PlanForm.PLAIN);
      case Quantization.Affine affine -> {
        word(PlanForm.AFFINE);
        word(affine.dimension());
        longWord(affine.zeroPoint());
        segment(affine.scales());
      }
      case Quantization.Blockwise blocks -> {
        word(PlanForm.BLOCKWISE);
        word(blocks.blockSize());
        segment(blocks.scales());
      }
    }
  }

  /** Where bytes lie: in the model's file, or behind the words. */
  private void segment(MemorySegment data) {
    long offset = data.isNative() ? data.address() - model.address() : -1;
    boolean inModel = offset >= 0 && offset <= model.byteSize() - data.byteSize();
    if (!inModel && data.byteSize() > PlanForm.MOST_BYTES - bytes.size()) {
      throw new NoForm();
    }
    word(inModel ? PlanForm.IN_MODEL : PlanForm.IN_FORM);
    longWord(inModel ? offset : bytes.size());
    longWord(data.byteSize());
    if (!inModel) {
      bytes.writeBytes(data.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private void text(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    word(bytes.size());
    word(encoded.length);
    bytes.writeBytes(encoded);
  }

  private void number(int kind, int parameter) {
    word(kind);
    word(parameter);
  }

  private void real(int kind, float parameter) {
    number(kind, Float.floatToRawIntBits(parameter));
  }

  private void list(List<Integer> numbers) {
    word(numbers.size());
    for (int number : numbers) {
      word(number);
    }
  }

  private void longWord(long value) {
    word((int) value);
    word((int) (value >>> Integer.SIZE));
  }

  private void word(int value) {
    if (count == words.length) {
      words = Arrays.copyOf(words, 2 * count);
    }
    words[count++] = value;
  }
}
