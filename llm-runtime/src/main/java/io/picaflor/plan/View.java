package io.picaflor.plan;

import java.util.List;

/**
 * Where the values of a form lie: in those of another form, from a place on.
 *
 * @param base the form that is computed; the form itself if it is no view
 * @param from elements of the base before its first value
 */
record View(Form base, int from) {
  /** Follows reshapes and slices of neighbouring values to what is computed. */
  static View of(Form form) {
    Form base = form;
    int from = 0;
    while (isView(base)) {
      if (base.kind() instanceof Kind.Slice slice) {
        from += start(slice, base.input(0).shape());
      }
      base = base.input(0);
    }
    return new View(base, from);
  }

  private static boolean isView(Form form) {
    return form.kind() instanceof Kind.Reshape
        || form.kind() instanceof Kind.Slice slice && isNeighbouring(slice, form.input(0).shape());
  }

  /** Whether the values of a slice lie side by side: what is cut stands outside of all that is whole. */
  private static boolean isNeighbouring(Kind.Slice slice, List<Integer> shape) {
    boolean cut = false;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (cut && slice.size().get(i) != 1) {
        return false;
      }
      cut |= !slice.size().get(i).equals(shape.get(i));
    }
    return true;
  }

  private static int start(Kind.Slice slice, List<Integer> shape) {
    int start = 0;
    for (int i = 0; i < shape.size(); i++) {
      start = start * shape.get(i) + slice.begin().get(i);
    }
    return start;
  }
}
