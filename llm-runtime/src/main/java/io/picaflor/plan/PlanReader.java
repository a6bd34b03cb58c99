package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Activation;
import io.picaflor.kernels.AttentionShape;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a plan's form, which is believed no more than a model file: every number, every place and all shapes are checked, so that
 * whatever it holds, the plan's steps stay inside of their memory.
 *
 * <p>A starting process runs this interpreted: words come from an array, kinds are told apart by number, and nothing is made that
 * the JVM has to make code for.
 */
final class PlanReader {
  private static final int MOST_INPUTS = 1 << 10;

  private final String where;
  private final MemorySegment model;
  private final int[] words;
  private final MemorySegment bytes;
  private int at = PlanForm.HEADER_WORDS;

  private PlanReader(String where, MemorySegment model, int[] words, MemorySegment bytes) {
    this.where = where;
    this.model = model;
    this.words = words;
    this.bytes = bytes;
  }

  /**
   * A plan of a model.
   *
   * @param where what messages call the form
   * @param form what {@link PlanWriter} has written; the plan keeps it
   * @param model the file whose bytes the plan's constants are
   * @throws ModelFormatException if the form is none of this version and of this model, or is damaged
   * @throws NotPlannable if what it describes is no plan
   */
  static PreparedPlan read(String where, byte[] form, MemorySegment model)
      throws ModelFormatException, NotPlannable {
    ByteBuffer buffer = ByteBuffer.wrap(form).order(ByteOrder.LITTLE_ENDIAN);
    int[] words = new int[form.length / Integer.BYTES];
    buffer.asIntBuffer().get(words);
    boolean isForm =
        words.length >= PlanForm.HEADER_WORDS && words[0] == PlanForm.MAGIC[0] && words[1] == PlanForm.MAGIC[1];
    if (!isForm || words[2] != PlanForm.VERSION) {
      throw new ModelFormatException(where, "", ModelFormatException.NO_OFFSET,
          isForm ? "expected version " + PlanForm.VERSION + ", found " + words[2] : "is no plan");
    }
    int count = words[3];
    if (count < PlanForm.HEADER_WORDS || count > words.length
        || form.length - (long) count * Integer.BYTES != Integer.toUnsignedLong(words[4])) {
      throw new ModelFormatException(where, "", ModelFormatException.NO_OFFSET, "expected " + count + " words and "
          + words[4] + " bytes, found " + form.length + " bytes in all");
    }
    int[] own = count == words.length ? words : Arrays.copyOf(words, count);
    MemorySegment bytes = MemorySegment.ofArray(form).asReadOnly().asSlice((long) count * Integer.BYTES);
    return new PlanReader(where, model, own, bytes).plan();
  }

  private PreparedPlan plan() throws ModelFormatException, NotPlannable {
    require(longWord() == model.byteSize(), "the model's size is another");
    int contextLength = word();
    int count = number(1, words.length);
    Form[] forms = new Form[count];
    FormRules rules = new FormRules(contextLength);
    for (int i = 0; i < count; i++) {
      forms[i] = form(i, forms, rules);
    }
    Form logits = forms[number(0, count - 1)];
    Map<String, Form> states = new LinkedHashMap<>();
    for (int left = number(0, count); left > 0; left--) {
      String name = text();
      require(states.put(name, forms[number(0, count - 1)]) == null, "two states have one name");
    }
    require(at == words.length, "more words than a plan has");
    require(rules.hold(logits, states), "what the plan computes is not what a session needs");
    Plan plan = new Plan(logits, states);
    require(plan.head().contains(View.of(logits).base()), "logits that are computed for every token");
    return new PreparedPlan(plan, contextLength);
  }

  private Form form(int id, Form[] forms, FormRules rules) throws ModelFormatException {
    ElementType type = type();
    List<Integer> shape = list(Shape.MAX_RANK);
    long elements = 1;
    for (int i = 0; i < shape.size(); i++) {
      require(shape.get(i) >= 1, "a size of " + shape.get(i));
      elements *= shape.get(i); // no overflow: below 2^31 before
      require(elements <= Integer.MAX_VALUE / Long.BYTES, "a form of more values than a row has");
    }
    List<Form> inputs = new ArrayList<>();
    for (int left = number(0, MOST_INPUTS); left > 0; left--) {
      int input = word();
      require(input >= 0 && input < id, "form " + id + " reads form " + input);
      inputs.add(forms[input]);
    }
    int code = word();
    Optional<Tensor> tensor = code == PlanForm.CONSTANT ? Optional.of(tensor(type)) : Optional.empty();
    Kind kind = code == PlanForm.CONSTANT ? new Kind.Constant(id) : kind(code);
    Form form = new Form(id, kind, inputs, type, shape, Optional.empty(), tensor);
    if (!rules.hold(code, form)) {
      throw damaged("form " + id + ": " + form + " does not fit its operands " + inputs);
    }
    return form;
  }

  private Kind kind(int code) throws ModelFormatException {
    return switch (code) {
      case PlanForm.OPERAND -> {
        OperandRole role = PlanForm.ROLES[number(0, PlanForm.ROLES.length - 1)];
        yield new Kind.Operand(role, text());
      }
      case PlanForm.STATE -> new Kind.State(text());
      case PlanForm.ADD -> sum(Op.BinaryFunction.ADD);
      case PlanForm.MULTIPLY -> sum(Op.BinaryFunction.MUL);
      case PlanForm.WIDENED -> new Kind.Elementwise(new Op.Dequantize(), List.of());
      case PlanForm.RESHAPE -> new Kind.Reshape();
      case PlanForm.SLICE -> new Kind.Slice(list(Shape.MAX_RANK), list(Shape.MAX_RANK));
      case PlanForm.LINEAR -> new Kind.Linear();
      case PlanForm.PRODUCT ->
          new Kind.Product(list(Shape.MAX_RANK), list(Shape.MAX_RANK), list(Shape.MAX_RANK));
      case PlanForm.LOOKUP -> new Kind.Lookup();
      case PlanForm.STORE -> new Kind.Store(word());
      case PlanForm.WINDOW -> new Kind.Window(word());
      case PlanForm.RMS_NORM -> new Kind.RmsNorm(real());
      case PlanForm.LAYER_NORM -> new Kind.LayerNorm(real());
      case PlanForm.COSINES -> new Kind.Angles(Op.UnaryFunction.COS);
      case PlanForm.SINES -> new Kind.Angles(Op.UnaryFunction.SIN);
      case PlanForm.ROTARY -> new Kind.Rotary();
      case PlanForm.ATTENTION -> new Kind.Attention(attention());
      case PlanForm.SHORT_CONVOLUTION -> new Kind.ShortConvolution();
      case PlanForm.ACTIVATION -> new Kind.Activation(activation());
      case PlanForm.GATED -> new Kind.Gated(activation());
      case PlanForm.SOFT_CAP -> new Kind.SoftCap(real());
      case PlanForm.SCALE -> new Kind.Scale(real());
      case PlanForm.QUANTIZED -> new Kind.Quantized();
      case PlanForm.NORM_QUANTIZED -> new Kind.NormQuantized(real());
      case PlanForm.NORM_ADDED -> new Kind.NormAdded(real());
      case PlanForm.LINEAR_ADDED -> new Kind.LinearAdded();
      case PlanForm.GATED_LINEAR -> new Kind.GatedLinear(activation());
      case PlanForm.LINEARS -> new Kind.Linears();
      default -> throw damaged("a kind of number " + code);
    };
  }

  /** Both operands have all dimensions of the result. */
  private static Kind sum(Op.BinaryFunction function) {
    return new Kind.Elementwise(new Op.Binary(function, Op.Activation.NONE), List.of());
  }

  private Activation activation() throws ModelFormatException {
    return PlanForm.ACTIVATIONS[number(0, PlanForm.ACTIVATIONS.length - 1)];
  }

  private AttentionShape attention() throws ModelFormatException {
    int heads = word();
    int kvHeads = word();
    int keySize = word();
    int valueSize = word();
    float scale = real();
    float cap = real();
    int window = word();
    try {
      return new AttentionShape(heads, kvHeads, keySize, valueSize, scale, cap, window);
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
  }

  private Tensor tensor(ElementType type) throws ModelFormatException {
    int index = word();
    int[] sizes = new int[number(0, Shape.MAX_RANK)];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = number(1, Integer.MAX_VALUE);
    }
    Shape shape;
    try {
      shape = Shape.of(sizes);
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
    MemorySegment data = segment();
    Quantization quantization = switch (word()) {
      case PlanForm.PLAIN -> new Quantization.None();
      case PlanForm.AFFINE -> {
        int dimension = word();
        long zeroPoint = longWord();
        yield new Quantization.Affine(dimension, segment(), zeroPoint);
      }
      case PlanForm.BLOCKWISE -> new Quantization.Blockwise(number(1, Integer.MAX_VALUE), segment());
      default -> throw damaged("integers of an unknown meaning");
    };
    return new Tensor(index, "", type, shape, quantization, 0, Optional.of(data));
  }

  private MemorySegment segment() throws ModelFormatException {
    int place = number(PlanForm.IN_MODEL, PlanForm.IN_FORM);
    long offset = longWord();
    long length = longWord();
    MemorySegment whole = place == PlanForm.IN_MODEL ? model : bytes;
    require(offset >= 0 && length >= 0 && offset <= whole.byteSize() - length, "bytes that are not there");
    return whole.asSlice(offset, length);
  }

  private String text() throws ModelFormatException {
    int offset = word();
    int length = word();
    require(offset >= 0 && length >= 0 && offset <= bytes.byteSize() - length, "a text that is not there");
    byte[] text = new byte[length];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, offset, text, 0, length);
    return new String(text, StandardCharsets.UTF_8);
  }

  private ElementType type() throws ModelFormatException {
    return PlanForm.TYPES[number(0, PlanForm.TYPES.length - 1)];
  }

  private List<Integer> list(int most) throws ModelFormatException {
    Integer[] numbers = new Integer[number(0, most)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = word();
    }
    return List.of(numbers);
  }

  private float real() throws ModelFormatException {
    return Float.intBitsToFloat(word());
  }

  private int number(int least, int most) throws ModelFormatException {
    int number = word();
    if (number < least || number > most) {
      throw damaged("expected a number from " + least + " to " + most + ", found " + number);
    }
    return number;
  }

  private long longWord() throws ModelFormatException {
    long low = Integer.toUnsignedLong(word());
    return low | (long) word() << Integer.SIZE;
  }

  private int word() throws ModelFormatException {
    if (at == words.length) {
      throw damaged("ends too early");
    }
    return words[at++];
  }

  private void require(boolean condition, String otherwise) throws ModelFormatException {
    if (!condition) {
      throw damaged(otherwise);
    }
  }

  private ModelFormatException damaged(String problem) {
    return new ModelFormatException(where, "", (long) at * Integer.BYTES, problem);
  }
}
