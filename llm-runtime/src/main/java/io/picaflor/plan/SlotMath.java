package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Computes with positions and slots as symbols: where a row is stored, and which slots a mask lets a position see.
 *
 * <p>Values are affine in the position and the slot, or step functions of their distance. What is neither has no answer, and
 * the caller goes without a proof.
 */
final class SlotMath {
  /** What a mask adds where nothing is seen must be at most this: scores never differ by so much. */
  private static final double MASKED = -1000;

  private static final double SEEN = 1;
  private static final double HIDDEN = 0;
  private static final double UNCLEAR = 2;

  /** A value for each position p and slot j. */
  private sealed interface Symbol {}

  /** {@code p * position + j * slot + constant}. */
  private record Affine(long position, long slot, double constant) implements Symbol {
    /** Whether neither int32 nor float32 rounds or overflows what it is at a position of any context. */
    boolean isExact() {
      return Math.abs(position) <= 2 && Math.abs(slot) <= 2 && Math.abs(constant) < 1 << 24;
    }
  }

  private record Steps(StepFunction function) implements Symbol {}

  private final int slots;
  private final int window;

  /**
   * @param slots how many positions the context has
   * @param window the sliding window of masks that the session fills; {@link Integer#MAX_VALUE} if there is none
   */
  SlotMath(int slots, int window) {
    this.slots = slots;
    this.window = window;
  }

  /** Which of so many numbers of a vector is the position, all others being 0. */
  static OptionalInt positionIn(Form vector, int count) {
    SlotMath math = new SlotMath(1 << 20, Integer.MAX_VALUE);
    int found = -1;
    if (vector.elements() != count) {
      return OptionalInt.empty();
    }
    for (int i = 0; i < count; i++) {
      Optional<Symbol> symbol = math.element(vector, i);
      if (symbol.isEmpty() || !(symbol.get() instanceof Affine affine) || affine.slot != 0 || affine.constant != 0
          || affine.position != 0 && (affine.position != 1 || found >= 0)) {
        return OptionalInt.empty();
      }
      found = affine.position == 1 ? i : found;
    }
    return found < 0 ? OptionalInt.empty() : OptionalInt.of(found);
  }

  /** Element {@code i} of a vector that is put together of others. */
  private Optional<Symbol> element(Form vector, int i) {
    return switch (vector.kind()) {
      case Kind.Constant _ -> constantElement(vector, i);
      case Kind.Concatenation _ -> {
        int at = i;
        for (Form part : vector.inputs()) {
          if (at < part.elements()) {
            yield element(part, at);
          }
          at -= part.elements();
        }
        yield Optional.empty();
      }
      case Kind.Elementwise kind when kind.op() instanceof Op.Cast -> element(vector.input(0), i);
      case Kind.Reshape _ -> element(vector.input(0), i);
      default -> vector.shape().isEmpty() ? symbol(vector) : Optional.empty();
    };
  }

  private static Optional<Symbol> constantElement(Form vector, int i) {
    return ConstantValues.numbers(vector.tensor().orElseThrow()).map(values -> new Affine(0, 0, values[i]));
  }

  /**
   * How many positions a mask lets each position see, itself being the last; {@link Integer#MAX_VALUE} for all before it.
   *
   * <p>Proved for each position of the context: what is seen must get 0 added (or be true), what is not, a large negative
   * number (or be false).
   */
  OptionalInt window(Form mask) {
    Form bare = mask;
    while (bare.kind() instanceof Kind.Broadcast || bare.kind() instanceof Kind.Reshape) {
      bare = bare.input(0);
    }
    if (bare.width() != slots || !(symbol(bare).orElse(null) instanceof Steps(StepFunction values))) {
      return OptionalInt.empty();
    }
    boolean isBool = bare.type() == ElementType.BOOL;
    StepFunction seen = values.map(v -> v == (isBool ? 1 : 0) ? SEEN : v <= (isBool ? 0 : MASKED) ? HIDDEN : UNCLEAR)
        .within(1L - slots, slots - 1L);
    if (seen.equals(StepFunction.interval(Long.MIN_VALUE, 0, SEEN, HIDDEN))) {
      return OptionalInt.of(Integer.MAX_VALUE);
    }
    long from = seen.starts().size() == 3 ? seen.starts().get(1) : 0;
    return from < 1 && seen.equals(StepFunction.interval(from, 0, SEEN, HIDDEN))
        ? OptionalInt.of(Math.toIntExact(1 - from))
        : OptionalInt.empty();
  }

  private Optional<Symbol> symbol(Form form) {
    return switch (form.kind()) {
      case Kind.Operand operand -> operand(operand, form.type());
      case Kind.Constant _ -> constant(form);
      case Kind.Reshape _ -> keepsSlots(form, form.width() == form.input(0).width());
      case Kind.Broadcast(List<Integer> kept) -> keepsSlots(form, kept.contains(form.shape().size() - 1));
      case Kind.Reduce _ -> form.input(0).elements() == 1 ? symbol(form.input(0)) : Optional.empty();
      case Kind.Elementwise kind -> elementwise(kind.op(), form);
      case Kind.Other kind when isRow(kind) -> rowOfTable(form);
      default -> Optional.empty();
    };
  }

  /** A view, if it leaves slots where they are: they run along the innermost dimension of all that varies with them. */
  private Optional<Symbol> keepsSlots(Form view, boolean innermost) {
    return innermost || view.input(0).elements() == 1 ? symbol(view.input(0)) : Optional.empty();
  }

  private Optional<Symbol> operand(Kind.Operand operand, ElementType type) {
    double seen = type == ElementType.BOOL ? 1 : 0;
    double masked = type == ElementType.BOOL ? 0 : Double.NEGATIVE_INFINITY;
    return Optional.ofNullable(switch (operand.role()) {
      case POSITIONS, TIME_STEP -> new Affine(1, 0, 0);
      case CAUSAL_MASK -> new Steps(StepFunction.interval(Long.MIN_VALUE, 0, seen, masked));
      case SLIDING_MASK -> window == Integer.MAX_VALUE
          ? null
          : new Steps(StepFunction.interval(1L - window, 0, seen, masked));
      default -> null;
    });
  }

  private Optional<Symbol> constant(Form form) {
    double[] values = ConstantValues.numbers(form.tensor().orElseThrow()).orElse(null);
    if (values == null || values.length == 0) {
      return Optional.empty();
    }
    if (java.util.Arrays.stream(values).allMatch(value -> value == values[0])) {
      return Optional.of(new Affine(0, 0, values[0]));
    }
    double step = values.length == 1 ? 0 : values[1] - values[0];
    for (int j = 0; j < values.length; j++) {
      if (values[j] != values[0] + j * step) {
        return Optional.empty();
      }
    }
    return step == Math.rint(step) && form.shape().equals(List.of(slots))
        ? Optional.of(new Affine(0, (long) step, values[0]))
        : Optional.empty();
  }

  private Optional<Symbol> elementwise(Op op, Form form) {
    for (int i = 0; i < form.inputs().size(); i++) {
      if (!Elements.isInnermost(form, i)) {
        return Optional.empty();
      }
    }
    Optional<Symbol> a = symbol(form.input(0));
    if (a.isEmpty()) {
      return a;
    }
    if (op instanceof Op.Select) {
      return select(a.get(), symbol(form.input(1)), symbol(form.input(2)));
    }
    if (form.inputs().size() == 1) {
      return op instanceof Op.Cast ? cast(a.get(), form.type()) : unary(op, a.get());
    }
    Optional<Symbol> b = symbol(form.input(1));
    return b.isEmpty() ? b : binary(op, a.get(), b.get());
  }

  private static Optional<Symbol> unary(Op op, Symbol x) {
    if (op instanceof Op.Unary(Op.UnaryFunction function) && x instanceof Steps(StepFunction steps)) {
      return switch (function) {
        case LOGICAL_NOT -> Optional.of(new Steps(steps.map(v -> v == 0 ? 1 : 0)));
        case NEG -> Optional.of(new Steps(steps.map(v -> -v)));
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  /** Positions and slots are integers that each type holds; of other numbers some types keep a part only. */
  private Optional<Symbol> cast(Symbol x, ElementType type) {
    if (x instanceof Affine affine && !isConstant(affine)) {
      return type == ElementType.FLOAT32 || type == ElementType.INT32 ? Optional.of(x) : Optional.empty();
    }
    StepFunction values = steps(x).orElseThrow();
    return switch (type) {
      case FLOAT32 -> Optional.of(x);
      case BOOL -> Optional.of(new Steps(values.map(v -> v == 0 ? 0 : 1)));
      case INT32 -> Optional.of(new Steps(values.map(v -> (int) v)));
      default -> Optional.empty();
    };
  }

  private Optional<Symbol> select(Symbol condition, Optional<Symbol> yes, Optional<Symbol> no) {
    Optional<StepFunction> chooser = steps(condition);
    if (chooser.isPresent() && chooser.get().values().size() == 1) { // the same for all: the other side may be anything
      return chooser.get().values().getFirst() != 0 ? yes : no;
    }
    Optional<StepFunction> a = yes.flatMap(this::steps);
    Optional<StepFunction> b = no.flatMap(this::steps);
    if (chooser.isEmpty() || a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    StepFunction kept = chooser.get().combine(a.get(), (c, v) -> c != 0 ? v : 0);
    StepFunction rest = chooser.get().combine(b.get(), (c, v) -> c != 0 ? 0 : v);
    return Optional.of(new Steps(kept.combine(rest, (v, w) -> v == 0 ? w : v)));
  }

  /** A constant, or a step function as it is. */
  private Optional<StepFunction> steps(Symbol symbol) {
    return switch (symbol) {
      case Steps(StepFunction function) -> Optional.of(function);
      case Affine affine when isConstant(affine) ->
          Optional.of(StepFunction.constant(affine.constant));
      case Affine _ -> Optional.empty();
    };
  }

  private Optional<Symbol> binary(Op op, Symbol a, Symbol b) {
    if (op instanceof Op.Compare(Op.Comparison comparison)) {
      return a instanceof Affine left && b instanceof Affine right && !(isConstant(left) && isConstant(right))
          ? compare(comparison, left, right)
          : combine(a, b, (x, y) -> holds(comparison, x, y) ? 1 : 0);
    }
    if (!(op instanceof Op.Binary(Op.BinaryFunction function, Op.Activation _))) {
      return Optional.empty();
    }
    if (a instanceof Affine left && b instanceof Affine right) {
      Optional<Symbol> sum = affine(function, left, right);
      if (sum.isPresent()) {
        return sum;
      }
    }
    java.util.function.DoubleBinaryOperator f = switch (function) {
      case ADD -> Double::sum;
      case SUB -> (x, y) -> x - y;
      case MUL -> (x, y) -> x * y;
      case MINIMUM -> Math::min;
      case MAXIMUM -> Math::max;
      case LOGICAL_AND -> (x, y) -> x != 0 && y != 0 ? 1 : 0;
      case LOGICAL_OR -> (x, y) -> x != 0 || y != 0 ? 1 : 0;
      default -> null;
    };
    return f == null ? Optional.empty() : combine(a, b, f);
  }

  private Optional<Symbol> combine(Symbol a, Symbol b, java.util.function.DoubleBinaryOperator f) {
    Optional<StepFunction> left = steps(a);
    Optional<StepFunction> right = steps(b);
    return left.isEmpty() || right.isEmpty()
        ? Optional.empty()
        : Optional.of(new Steps(left.get().combine(right.get(), f)));
  }

  private static boolean isConstant(Affine affine) {
    return affine.position == 0 && affine.slot == 0;
  }

  private static Optional<Symbol> affine(Op.BinaryFunction function, Affine a, Affine b) {
    Affine sum = switch (function) {
      case ADD -> new Affine(a.position + b.position, a.slot + b.slot, a.constant + b.constant);
      case SUB -> new Affine(a.position - b.position, a.slot - b.slot, a.constant - b.constant);
      default -> null;
    };
    return sum == null || !isConstant(sum) && !sum.isExact() ? Optional.empty() : Optional.of(sum);
  }

  /** Of distances, or of positions alone where all positions of the context give the same answer. */
  private Optional<Symbol> compare(Op.Comparison comparison, Affine a, Affine b) {
    long position = a.position - b.position;
    long slot = a.slot - b.slot;
    double constant = a.constant - b.constant;
    if (constant != Math.rint(constant) || Math.abs(constant) > 1 << 30) {
      return Optional.empty();
    }
    if (slot == -position && Math.abs(slot) == 1) { // slot * distance + constant against 0
      return slot > 0
          ? Optional.of(ofDistance(comparison, (long) constant))
          : Optional.of(ofDistance(turned(comparison), (long) -constant));
    }
    double least = constant + Math.min(0, (double) position * (slots - 1)) + Math.min(0, (double) slot * (slots - 1));
    double most = constant + Math.max(0, (double) position * (slots - 1)) + Math.max(0, (double) slot * (slots - 1));
    boolean[] answers = {holds(comparison, least, 0), holds(comparison, most, 0)};
    boolean zeroBetween = least < 0 && most > 0;
    boolean certain = answers[0] == answers[1] && !(zeroBetween
        && (comparison == Op.Comparison.EQUAL || comparison == Op.Comparison.NOT_EQUAL));
    return certain ? Optional.of(new Steps(StepFunction.constant(answers[0] ? 1 : 0))) : Optional.empty();
  }

  private static boolean holds(Op.Comparison comparison, double a, double b) {
    return switch (comparison) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
    };
  }

  private static Op.Comparison turned(Op.Comparison comparison) {
    return switch (comparison) {
      case EQUAL -> Op.Comparison.EQUAL;
      case NOT_EQUAL -> Op.Comparison.NOT_EQUAL;
      case GREATER -> Op.Comparison.LESS;
      case GREATER_EQUAL -> Op.Comparison.LESS_EQUAL;
      case LESS -> Op.Comparison.GREATER;
      case LESS_EQUAL -> Op.Comparison.GREATER_EQUAL;
    };
  }

  /** {@code distance + constant ? 0}. */
  private static Symbol ofDistance(Op.Comparison comparison, long constant) {
    return new Steps(switch (comparison) {
      case EQUAL -> StepFunction.interval(-constant, -constant, 1, 0);
      case NOT_EQUAL -> StepFunction.interval(-constant, -constant, 0, 1);
      case GREATER -> StepFunction.interval(1 - constant, Long.MAX_VALUE, 1, 0);
      case GREATER_EQUAL -> StepFunction.interval(-constant, Long.MAX_VALUE, 1, 0);
      case LESS -> StepFunction.interval(Long.MIN_VALUE, -constant - 1, 1, 0);
      case LESS_EQUAL -> StepFunction.interval(Long.MIN_VALUE, -constant, 1, 0);
    });
  }

  /** Whether one row of a table is taken, as long as the context: the table's outermost dimension is indexed. */
  private boolean isRow(Kind.Other kind) {
    int axis = kind.op() instanceof Op.Gather gather && gather.batchDimensions() == 0
        ? gather.axis()
        : kind.op() instanceof Op.GatherNd ? 0 : -1;
    List<Integer> table = kind.parameters().getFirst();
    return axis >= 0 && axis < table.size() && table.get(axis) == slots
        && table.subList(0, axis).stream().allMatch(size -> size == 1);
  }

  /** The position's row of a constant table, if each row of it has the same steps around its own position. */
  private Optional<Symbol> rowOfTable(Form form) {
    Form table = form.input(0);
    boolean byPosition = symbol(form.input(1)).orElse(null) instanceof Affine(long p, long j, double c)
        && p == 1 && j == 0 && c == 0;
    if (!byPosition || !(table.kind() instanceof Kind.Constant) || table.elements() != (long) slots * slots) {
      return Optional.empty();
    }
    double[] values = ConstantValues.numbers(table.tensor().orElseThrow()).orElse(null);
    if (values == null) {
      return Optional.empty();
    }
    double[] byDistance = new double[2 * slots - 1]; // the last row tells of distances up to 0, the first of the others
    for (int j = 0; j < slots; j++) {
      byDistance[j] = values[(slots - 1) * slots + j];
      byDistance[slots - 1 + j] = values[j];
    }
    for (int p = 0; p < slots; p++) {
      for (int j = 0; j < slots; j++) {
        if (values[p * slots + j] != byDistance[j - p + slots - 1]) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(new Steps(stepsOf(byDistance)));
  }

  private StepFunction stepsOf(double[] byDistance) {
    StepFunction function = StepFunction.constant(byDistance[0]);
    for (int i = 1; i < byDistance.length; i++) {
      if (byDistance[i] != byDistance[i - 1]) {
        StepFunction later = StepFunction.interval(i - slots + 1L, Long.MAX_VALUE, 1, 0);
        double value = byDistance[i];
        function = later.combine(function, (isLater, before) -> isLater != 0 ? value : before);
      }
    }
    return function;
  }
}
