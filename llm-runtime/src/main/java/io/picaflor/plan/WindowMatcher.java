package io.picaflor.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rows of tokens before with the token's own behind: {@code [state | row]} along a dimension that the row lacks. */
final class WindowMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    boolean joins = form.kind() instanceof Kind.Concatenation && form.inputs().size() == 2
        && form.input(0).kind() instanceof Kind.State;
    if (!joins) {
      return Optional.empty();
    }
    int dimension = ((Kind.Concatenation) form.kind()).dimension();
    List<Integer> state = form.input(0).shape();
    if (state.size() != form.shape().size()) {
      return Optional.empty(); // one row before: not told apart from a row of two parts
    }
    List<Integer> row = new ArrayList<>(state);
    row.remove(dimension);
    boolean fits = form.input(1).shape().equals(row) && form.shape().get(dimension) == state.get(dimension) + 1;
    return fits
        ? Optional.of(graph.form(new Kind.Window(dimension), form.inputs(), form.type(), form.shape()))
        : Optional.empty();
  }

  /** The window that a form is the next state of: all but its oldest row. */
  static Optional<Form> advanced(Form next) {
    if (!(next.kind() instanceof Kind.Slice slice) || !(next.input(0).kind() instanceof Kind.Window(int dimension))) {
      return Optional.empty();
    }
    for (int i = 0; i < slice.begin().size(); i++) {
      if (slice.begin().get(i) != (i == dimension ? 1 : 0)) {
        return Optional.empty();
      }
    }
    Form window = next.input(0);
    return slice.size().equals(window.input(0).shape()) ? Optional.of(window) : Optional.empty();
  }
}
