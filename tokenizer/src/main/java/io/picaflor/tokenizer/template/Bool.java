package io.picaflor.tokenizer.template;

/** {@code True} and {@code False}; numbers too, as in Python. */
enum Bool implements Value {
  FALSE,
  TRUE;

  static Bool of(boolean value) {
    return value ? TRUE : FALSE;
  }

  @Override
  public boolean truth() {
    return this == TRUE;
  }

  @Override
  public String typeName() {
    return "bool";
  }

  @Override
  public void repr(Printer out) {
    out.append(this == TRUE ? "True" : "False");
  }
}
