package io.picaflor.plan;

import io.picaflor.graph.OperandRole;

import java.util.ArrayList;
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
  private final Set<Form> keys = new LinkedHashSet<>();

  /**
   * Orders what is to be computed.
   *
   * @param logits what a token's logits are
   * @param states what a token leaves behind, by the state's name: of kind {@link Kind.Store} or {@link Kind.Window}
   */
  Plan(Form logits, Map<String, Form> states) throws NotPlannable {
    this.logits = logits;
    this.states = new LinkedHashMap<>(states);
    Set<Form> kept = new LinkedHashSet<>(Rewriting.reachable(states.values()));
    List<Form> all = new ArrayList<>(states.values());
    all.add(logits);
    Set<Form> bodySteps = new LinkedHashSet<>();
    Set<Form> headSteps = new LinkedHashSet<>();
    for (Form form : Rewriting.reachable(all)) {
      if (isStep(form)) {
        (kept.contains(form) ? bodySteps : headSteps).add(form);
      }
    }
    requireOperands();
    addQuantized(headSteps);
    body = List.copyOf(bodySteps);
    head = Rewriting.reachable(all).stream().filter(headSteps::contains).toList();
    Set<Form> borders = new LinkedHashSet<>();
    for (Form form : head) {
      form.inputs().stream().map(input -> View.of(input).base()).filter(base -> isTaken(base, headSteps))
          .forEach(borders::add);
    }
    taken = List.copyOf(borders);
    for (Form form : Rewriting.reachable(all)) {
      requireStates(form);
      requireRows(form);
      if (isStep(form) && Binding.isGeneric(form) && form.node().isEmpty()) {
        throw new NotPlannable("no kernel computes " + form + " of " + form.inputs());
      }
      if (form.kind() instanceof Kind.Attention) {
        keys.add(form.input(1));
      }
    }
  }

  /** Rows of integers have the form of a tier, so the head makes its own ones instead of taking them over. */
  private static void addQuantized(Set<Form> headSteps) {
    for (Form form : List.copyOf(headSteps)) {
      form.inputs().stream()
          .filter(input -> input.kind() instanceof Kind.Quantized || input.kind() instanceof Kind.NormQuantized)
          .forEach(headSteps::add);
    }
  }

  /** A session gives tokens, positions, and the mask of all positions before a token; a window has to be proved. */
  private void requireOperands() throws NotPlannable {
    boolean readsTokens = false;
    for (Form form : operands()) {
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
    boolean reads = form.inputs().stream().anyMatch(input -> View.of(input).base().kind() instanceof Kind.Store);
    if (reads && !(form.kind() instanceof Kind.Attention) && isStep(form)) {
      throw new NotPlannable("keys or values are read in another way than attention does: by " + form + " of "
          + form.inputs());
    }
    boolean bare = form.inputs().stream().anyMatch(input -> View.of(input).base().kind() instanceof Kind.State);
    if (bare && !(form.kind() instanceof Kind.Store) && !(form.kind() instanceof Kind.Window) && isStep(form)) {
      throw new NotPlannable("a state is read before the token's row is in it: by " + form + " of " + form.inputs());
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
    return switch (form.kind()) {
      case Kind.Scale _ -> form.inputs().subList(0, 1);
      case Kind.SoftCap _ -> form.inputs().subList(0, 1);
      case Kind.Activation _ -> form.inputs().subList(0, 1);
      case Kind.RmsNorm _ -> form.inputs().subList(0, 1);
      case Kind.LayerNorm _ -> form.inputs().subList(0, 1);
      case Kind.NormQuantized _ -> form.inputs().subList(0, 1);
      case Kind.Quantized _ -> form.inputs().subList(0, 1);
      case Kind.Linear _ -> form.inputs().subList(0, 1);
      case Kind.GatedLinear _ -> form.inputs().subList(0, 1);
      case Kind.Linears _ -> form.inputs().subList(0, 1);
      case Kind.Gated _ -> form.inputs().subList(0, 2);
      case Kind.NormAdded _ -> form.inputs().subList(0, 2);
      case Kind.LinearAdded _ -> form.inputs().subList(0, 2);
      case Kind.Rotary _ -> form.inputs();
      case Kind.Store _ -> form.inputs().subList(1, 2);
      case Kind.Attention _ -> form.inputs().size() > 3
          ? List.of(form.input(0), form.input(3))
          : form.inputs().subList(0, 1);
      default -> List.of();
    };
  }

  /** Whether the head reads a value that the body has. */
  private static boolean isTaken(Form base, Set<Form> headSteps) {
    boolean isValue = isStep(base) && !(base.kind() instanceof Kind.Store) || base.kind() instanceof Kind.Operand;
    return isValue && !headSteps.contains(base);
  }

  /** Whether a form is computed in a step: not a leaf, and not a view. */
  private static boolean isStep(Form form) {
    return View.of(form).base() == form && switch (form.kind()) {
      case Kind.Operand _ -> false;
      case Kind.State _ -> false;
      case Kind.Constant _ -> false;
      default -> !Canonical.isConstant(form);
    };
  }

  /** Steps for every token. */
  List<Form> body() {
    return body;
  }

  /** Steps for tokens whose logits are wanted. */
  List<Form> head() {
    return head;
  }

  /** Values of the body that the head reads. */
  List<Form> taken() {
    return taken;
  }

  /** The last value of the head. */
  Form logits() {
    return logits;
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
    List<Form> roots = new ArrayList<>(states.values());
    roots.add(logits);
    return Rewriting.reachable(roots).stream().filter(form -> form.kind() instanceof Kind.Operand).toList();
  }
}
