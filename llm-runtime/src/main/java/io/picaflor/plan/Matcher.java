package io.picaflor.plan;

import java.util.Optional;

/** Finds one thing that kernels compute, in the several ways in which graphs write it. */
@FunctionalInterface
interface Matcher {
  /** The form to take in this one's place, if it is the last operation of what the matcher looks for. */
  Optional<Form> match(Form form, FormGraph graph);
}
