package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.OperandRole;
import io.picaflor.kernels.Activation;

/** The numbers that stand for things in a prepared plan, for its writer and its reader: {@code docs/plan-form.md}. */
final class PlanForm {
  /** Of the form, and of the passes that make plans: another one for each change of either. */
  static final int VERSION = 1;

  /** {@code 89 50 4C 4E 0D 0A 1A 0A}, as two words. */
  static final int[] MAGIC = {0x4E4C5089, 0x0A1A0A0D};

  /** A form is small: values that the planner has computed are few. Who has more is planned anew. */
  static final int MOST_BYTES = 32 << 20;

  /** Magic, version, the number of words, the number of bytes behind them. */
  static final int HEADER_WORDS = 5;

  static final int OPERAND = 1;
  static final int STATE = 2;
  static final int CONSTANT = 3;
  static final int ADD = 4;
  static final int MULTIPLY = 5;
  static final int WIDENED = 6;
  static final int RESHAPE = 7;
  static final int SLICE = 8;
  static final int LINEAR = 9;
  static final int PRODUCT = 10;
  static final int LOOKUP = 11;
  static final int STORE = 12;
  static final int WINDOW = 13;
  static final int RMS_NORM = 14;
  static final int LAYER_NORM = 15;
  static final int COSINES = 16;
  static final int SINES = 17;
  static final int ROTARY = 18;
  static final int ATTENTION = 19;
  static final int SHORT_CONVOLUTION = 20;
  static final int ACTIVATION = 21;
  static final int GATED = 22;
  static final int SOFT_CAP = 23;
  static final int SCALE = 24;
  static final int QUANTIZED = 25;
  static final int NORM_QUANTIZED = 26;
  static final int NORM_ADDED = 27;
  static final int LINEAR_ADDED = 28;
  static final int GATED_LINEAR = 29;
  static final int LINEARS = 30;

  /** Where a constant's bytes lie. */
  static final int IN_MODEL = 1;
  static final int IN_FORM = 2;

  /** How a constant's integers stand for numbers. */
  static final int PLAIN = 0;
  static final int AFFINE = 1;
  static final int BLOCKWISE = 2;

  /** Element types by their number. */
  static final ElementType[] TYPES = {ElementType.FLOAT32, ElementType.FLOAT16, ElementType.INT32, ElementType.UINT8,
    ElementType.INT64, ElementType.BOOL, ElementType.INT16, ElementType.INT8, ElementType.INT4, ElementType.INT2};

  /** What sessions give in, by its number. */
  static final OperandRole[] ROLES = {OperandRole.TOKENS, OperandRole.POSITIONS, OperandRole.CAUSAL_MASK};

  /** Activations by their number. */
  static final Activation[] ACTIVATIONS =
      {Activation.GELU_TANH, Activation.GELU, Activation.SILU, Activation.RELU};

  private PlanForm() {}

  /** The number of a thing. */
  static <T> int number(T[] things, T thing) {
    for (int i = 0; i < things.length; i++) {
      if (things[i] == thing) {
        return i;
      }
    }
    throw new IllegalArgumentException("no number for " + thing);
  }
}
