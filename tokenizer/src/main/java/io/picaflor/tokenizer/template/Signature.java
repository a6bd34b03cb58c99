package io.picaflor.tokenizer.template;

/**
 * The parameters of a built-in function, filter or method, without the value that it is applied to.
 *
 * @param required   how many of the first ones must be given
 * @param parameters their names
 */
record Signature(int required, String... parameters) {
  static final Signature NONE = new Signature(0);

  static Signature of(int required, String... parameters) {
    return new Signature(required, parameters);
  }
}
