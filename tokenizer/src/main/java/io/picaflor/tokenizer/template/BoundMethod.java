package io.picaflor.tokenizer.template;

/** A method of a text, list or dict that is held as a value: {@code d.items} without the call. */
record BoundMethod(Value self, Method method) implements Callable {

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    return method.call(self, arguments, rendering);
  }

  @Override
  public String typeName() {
    return "builtin_function_or_method";
  }

  @Override
  public void repr(Printer out) {
    out.append("<built-in method " + method.pythonName() + " of " + self.typeName() + " object>");
  }
}
