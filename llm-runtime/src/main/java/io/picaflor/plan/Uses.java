package io.picaflor.plan;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** How often each form is an operand, or asked for. */
final class Uses {
  private final Map<Form, Integer> counts = new HashMap<>();

  Uses(Collection<Form> roots) {
    for (Form form : Rewriting.reachable(roots)) {
      form.inputs().forEach(input -> counts.merge(input, 1, Integer::sum));
    }
    roots.forEach(root -> counts.merge(root, 1, Integer::sum));
  }

  /** Whether nobody but one operation reads a form. */
  boolean isOnly(Form form) {
    return counts.getOrDefault(form, 0) == 1;
  }
}
