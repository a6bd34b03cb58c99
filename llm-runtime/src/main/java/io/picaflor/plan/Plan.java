package io.picaflor.plan;

import io.picaflor.graph.OperandRole;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a model computes for any number of tokens: steps in order. Immutable.
 *
 * <p>The body runs for every token, for keys and values depend on it. The head, on which only logits depend, runs for the
 * tokens whose logits are wanted; what it reads of the body is taken over from there.
 */
final class Plan {
  private final List<Form> body;
  private final List<Form> head;
  private final List<Form> taken;
  private final Form logits;
  private final Map<String, Form> states;
  private final List<Form> operands = new ArrayList<>();
  private final Set<Form> keys = new HashSet<>();

  /**
   * Orders what is to be computed.
   *
   * @param logits what a token's logits are
   * @param states what a token leaves behind, by the state's name: of kind {@link Kind.Store} or {@link Kind.Window}
   */
  Plan(Form logits, Map<String, Form> states) throws NotPlannable {
    this.logits = logits;
    this.states = new LinkedHashMap<>(states);
    Set<Form> kept = new HashSet<>(Rewriting.reachable(states.values()));
    List<Form> roots = new ArrayList<>(states.values());
    roots.add(logits);
    List<Form> all = Rewriting.reachable(roots);
    List<Form> bodySteps = new ArrayList<>();
    Set<Form> headSteps = new LinkedHashSet<>();
    for (Form form : all) {
      if (form.kind() instanceof Kind.Operand) {
        operands.add(form);
      } else if (isStep(form)) {
        (kept.contains(form) ? bodySteps : headSteps).add(form);
      }
    }
    requireOperands();
    addQuantized(headSteps);
    body = List.copyOf(bodySteps);
    head = new ArrayList<>();
    Set<Form> borders = new LinkedHashSet<>();
    for (Form form : all) {
      if (headSteps.contains(form)) {
        head.add(form);
        for (Form input : form.inputs()) {
          Form base = View.of(input).base();
          if (isTaken(base, headSteps)) {
            borders.add(base);
          }
        }
      }
      requireStates(form);
      requireRows(form);
      if (isStep(form) && Binding.isGeneric(form) && form.node().isEmpty()) {
        throw new NotPlannable("no kernel computes " + form + " of " + form.inputs());
      }
      if (form.kind() instanceof Kind.Attention) {
        keys.add(form.input(1));
      }
    }
    taken = List.copyOf(borders);
  }

  /** Rows of integers have the form of a tier, so the head makes its own ones instead of taking them over. */
  private static void addQuantized(Set<Form> headSteps) {
    for (Form form : List.copyOf(headSteps)) {
      for (Form input : form.inputs()) {
        if (Binding.isCodes(input)) {
          headSteps.add(input);
        }
      }
    }
  }

  /** A session gives tokens, positions, and the mask of all positions before a token; a window has to be proved. */
  private void requireOperands() throws NotPlannable {
    boolean readsTokens = false;
    for (Form form : operands) {
      OperandRole role = ((Kind.Operand) form.kind()).role();
      readsTokens |= role == OperandRole.TOKENS;
      if (role != OperandRole.TOKENS && role != OperandRole.POSITIONS && role != OperandRole.CAUSAL_MASK) {
        throw new NotPlannable("operand " + form + " is read as it is, which no session gives");
      }
    }
    if (!readsTokens) {
      throw new NotPlannable("nothing depends on the tokens");
    }
  }

  /** Keys and values are read by attention only, other states by what adds the token's row. */
  private static void requireStates(Form form) throws NotPlannable {
    Kind kind = form.kind();
    for (Form input : isStep(form) ? form.inputs() : List.<Form>of()) {
      Kind read = View.of(input).base().kind();
      if (read instanceof Kind.Store && !(kind instanceof Kind.Attention)) {
        throw new NotPlannable("keys or values are read in another way than attention does: by " + form + " of "
            + form.inputs());
      }
      if (read instanceof Kind.State && !(kind instanceof Kind.Store) && !(kind instanceof Kind.Window)) {
        throw new NotPlannable("a state is read before the token's row is in it: by " + form + " of " + form.inputs());
      }
    }
  }

  /** Kernels read a row for each token; of a constant there is one for all. */
  private static void requireRows(Form form) throws NotPlannable {
    for (Form operand : rowsOf(form)) {
      if (Canonical.isConstant(View.of(operand).base())) {
        throw new NotPlannable("a constant in the place of a token's values: " + form + " of " + form.inputs());
      }
    }
  }

  /** The operands of a kernel that are rows. */
  private static List<Form> rowsOf(Form form) {
    Kind kind = form.kind();
    if (kind instanceof Kind.OfRows) {
      return form.inputs().subList(0, 1);
    }
    if (kind instanceof Kind.OfTwoRows) {
      return form.inputs().subList(0, 2);
    }
    if (kind instanceof Kind.Attention) {
      return form.inputs().size() > 3 ? List.of(form.input(0), form.input(3)) : form.inputs().subList(0, 1);
    }
    if (kind instanceof Kind.Store) {
      return form.inputs().subList(1, 2);
    }
    return kind instanceof Kind.Rotary ? form.inputs() : List.of();
  }

  /** Whether the head reads a value that the body has. */
  private static boolean isTaken(Form base, Set<Form> headSteps) {
    boolean isValue = isStep(base) && !(base.kind() instanceof Kind.Store) || base.kind() instanceof Kind.Operand;
    return isValue && !headSteps.contains(base);
  }

  /** Whether a form is computed in a step: not a leaf, and not a view. */
  private static boolean isStep(Form form) {
    Kind kind = form.kind();
    boolean isLeaf = kind instanceof Kind.Operand || kind instanceof Kind.State || kind instanceof Kind.Constant;
    return !isLeaf && View.of(form).base() == form && !Canonical.isConstant(form);
  }

  /** Steps for every token. */
  List<Form> body() {
    return body;
  }

  /** Steps for tokens whose logits are wanted. */
  List<Form> head() {
    return Collections.unmodifiableList(head);
  }

  /** Values of the body that the head reads. */
  List<Form> taken() {
    return taken;
  }

  /** The last value of the head. */
  Form logits() {
    return logits;
  }

  /** What a token leaves behind, by the state's name. */
  Map<String, Form> states() {
    return Collections.unmodifiableMap(states);
  }

  /** What is stored for a token at its position, by the state's name. */
  Map<String, Form> stores() {
    return of(Kind.Store.class);
  }

  /** What a token lets run on, by the state's name. */
  Map<String, Form> windows() {
    return of(Kind.Window.class);
  }

  private Map<String, Form> of(Class<? extends Kind> kind) {
    Map<String, Form> found = new LinkedHashMap<>(states);
    found.values().removeIf(form -> !kind.isInstance(form.kind()));
    return found;
  }

  /** Whether what a form stores are keys, and not values. */
  boolean isKey(Form store) {
    return keys.contains(store);
  }

  /** What a session gives in, such as tokens. */
  List<Form> operands() {
    return Collections.unmodifiableList(operands);
  }
}
