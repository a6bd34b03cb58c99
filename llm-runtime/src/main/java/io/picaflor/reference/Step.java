package io.picaflor.reference;

/** One operation, bound to the slots of its operands and results. Immutable; its data is in the frame. */
@FunctionalInterface
interface Step {
  /** Computes the results from the operands. Shapes were checked when the step was made. */
  void run(Frame frame);
}
