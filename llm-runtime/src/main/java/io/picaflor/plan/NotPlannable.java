package io.picaflor.plan;

import io.picaflor.model.MessageLine;

/** Says why a graph has no plan: the first thing that does not fit. The reference executor runs such a file. */
public final class NotPlannable extends Exception {
  private static final long serialVersionUID = 1;

  NotPlannable(String reason) {
    super(MessageLine.of(reason), null, false, false);
  }
}
