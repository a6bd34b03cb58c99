package io.picaflor.tokenizer.template;

/** A value that can be called. */
sealed interface Callable extends Value permits GlobalFunction, BoundMethod, MacroValue, LoopValue {

  /** @throws Failure if the arguments do not fit, or the function fails */
  Value call(Arguments arguments, Rendering rendering);

  @Override
  default boolean truth() {
    return true;
  }
}
