package io.picaflor.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts forms in the place of others, operands first, until no matcher finds anything more. */
final class Rewriting {
  private final FormGraph graph;
  private final List<? extends Matcher> matchers;
  private final Map<Form, Form> rewritten = new HashMap<>();

  Rewriting(FormGraph graph, List<? extends Matcher> matchers) {
    this.graph = graph;
    this.matchers = matchers;
  }

  /** All forms that some depend on, themselves included, operands first. */
  static List<Form> reachable(Collection<Form> roots) {
    List<Form> order = new ArrayList<>();
    Set<Form> seen = new HashSet<>();
    List<Form> stack = new ArrayList<>(roots);
    while (!stack.isEmpty()) { // by hand: graphs are deeper than stacks
      Form form = stack.getLast();
      boolean waits = false;
      if (!seen.contains(form)) {
        for (Form input : form.inputs()) {
          if (!seen.contains(input)) {
            stack.add(input);
            waits = true;
          }
        }
      }
      if (!waits) {
        stack.removeLast();
        if (seen.add(form)) {
          order.add(form);
        }
      }
    }
    return order;
  }

  /** The form that stands in the place of one. */
  Form of(Form root) {
    for (Form form : reachable(List.of(root))) {
      rewritten.computeIfAbsent(form, this::rewrite);
    }
    return rewritten.get(root);
  }

  private Form rewrite(Form form) {
    Form current = graph.with(form, form.inputs().stream().map(rewritten::get).toList());
    for (Optional<Form> next = match(current); next.isPresent(); next = match(current)) {
      current = next.get();
    }
    return current;
  }

  private Optional<Form> match(Form form) {
    for (Matcher matcher : matchers) {
      Optional<Form> found = matcher.match(form, graph);
      if (found.isPresent() && found.get() != form) {
        return found;
      }
    }
    return Optional.empty();
  }
}
