package io.picaflor.tokenizer.template;

/** Python's {@code None}, JSON's {@code null}. */
enum None implements Value {
  NONE;

  @Override
  public boolean truth() {
    return false;
  }

  @Override
  public String typeName() {
    return "NoneType";
  }

  @Override
  public void repr(Printer out) {
    out.append("None");
  }
}
