package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Tensor;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes forms, each one only once: two signatures compute the same thing if and only if they yield the same object. */
final class FormGraph {
  private record Key(Kind kind, List<Form> inputs, ElementType type, List<Integer> shape) {}

  private final Map<Key, Form> forms = new HashMap<>();

  /** A form that kernels or nobody computes. */
  Form form(Kind kind, List<Form> inputs, ElementType type, List<Integer> shape) {
    return form(kind, inputs, type, shape, Optional.empty(), Optional.empty());
  }

  /**
   * A form that an operation of the graph for one token computes, if no kernel does.
   *
   * @param tensor the result of the node that it is, or the constant
   */
  Form form(
      Kind kind, List<Form> inputs, ElementType type, List<Integer> shape, Optional<Node> node,
      Optional<Tensor> tensor) {
    return forms.computeIfAbsent(new Key(kind, inputs, type, shape),
        key -> new Form(forms.size(), kind, inputs, type, shape, node, tensor));
  }

  /** The same values in another shape; views of views are one. */
  Form reshaped(Form form, List<Integer> shape) {
    Form base = form.kind() instanceof Kind.Reshape ? form.input(0) : form;
    return base.shape().equals(shape) ? base : form(new Kind.Reshape(), List.of(base), base.type(), shape);
  }

  /** The same operation on other operands. */
  Form with(Form form, List<Form> inputs) {
    return inputs.equals(form.inputs())
        ? form
        : form(form.kind(), inputs, form.type(), form.shape(), form.node(), form.tensor());
  }
}
