package io.picaflor.plan;

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
  private final Map<String, Form> stores;
  private final Set<Form> keys = new LinkedHashSet<>();

  /**
   * Orders what is to be computed.
   *
   * @param logits what a token's logits are
   * @param stores what is stored for a token, by the state's name
   */
  Plan(Form logits, Map<String, Form> stores) throws NotPlannable {
    this.logits = logits;
    this.stores = new LinkedHashMap<>(stores);
    Set<Form> kept = new LinkedHashSet<>(Rewriting.reachable(stores.values()));
    List<Form> all = new ArrayList<>(stores.values());
    all.add(logits);
    Set<Form> bodySteps = new LinkedHashSet<>();
    Set<Form> headSteps = new LinkedHashSet<>();
    for (Form form : Rewriting.reachable(all)) {
      if (isStep(form)) {
        (kept.contains(form) ? bodySteps : headSteps).add(form);
      }
    }
    addQuantized(headSteps);
    body = List.copyOf(bodySteps);
    head = Rewriting.reachable(all).stream().filter(headSteps::contains).toList();
    Set<Form> borders = new LinkedHashSet<>();
    for (Form form : head) {
      form.inputs().stream().map(input -> View.of(input).base()).filter(base -> isTaken(base, headSteps))
          .forEach(borders::add);
    }
    taken = List.copyOf(borders);
    for (Form form : all) {
      require(form);
    }
    for (Form form : Rewriting.reachable(all)) {
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

  private void require(Form root) throws NotPlannable {
    for (Form form : Rewriting.reachable(List.of(root))) {
      boolean reads = form.inputs().stream().anyMatch(input -> View.of(input).base().kind() instanceof Kind.Store);
      if (reads && !(form.kind() instanceof Kind.Attention) && isStep(form)) {
        throw new NotPlannable("keys or values are read in another way than attention does: by " + form + " of "
            + form.inputs());
      }
    }
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

  /** What is stored for a token, by the state's name. */
  Map<String, Form> stores() {
    return stores;
  }

  /** Whether what a form stores are keys, and not values. */
  boolean isKey(Form store) {
    return keys.contains(store);
  }

  /** What a session gives in, such as tokens. */
  List<Form> operands() {
    List<Form> roots = new ArrayList<>(stores.values());
    roots.add(logits);
    return Rewriting.reachable(roots).stream().filter(form -> form.kind() instanceof Kind.Operand).toList();
  }
}
