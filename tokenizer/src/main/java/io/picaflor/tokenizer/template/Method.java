package io.picaflor.tokenizer.template;

/** A method of a built-in type. */
sealed interface Method permits TextMethod, DictMethod, ListMethod, LoopMethod {

  /** @throws Failure if the arguments do not fit */
  Value call(Value self, Arguments arguments, Rendering rendering);

  /** The name that templates use. */
  String pythonName();

  /** Whether the sandbox keeps templates from it. */
  boolean changesOwner();

  /** The method of that name of the value's type, or null. */
  static Method of(Value owner, String name) {
    if (owner instanceof Text) {
      return TextMethod.named(name);
    }
    if (owner instanceof Dict) {
      return DictMethod.named(name);
    }
    return owner instanceof ListValue || owner instanceof TupleValue
        ? ListMethod.named(name, owner instanceof ListValue)
        : null;
  }
}
