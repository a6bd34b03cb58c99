package io.picaflor.tokenizer.template;

import java.util.Collections;
import java.util.Iterator;

/** The value of what is not there: prints as nothing, is false and empty; almost any other use is an error. */
final class Undefined implements Value {
  private final Value owner;
  private final Object name;
  private final String hint;

  private Undefined(Value owner, Object name, String hint) {
    this.owner = owner;
    this.name = name;
    this.hint = hint;
  }

  /** A variable that nobody set. */
  static Undefined variable(String name) {
    return new Undefined(null, name, null);
  }

  /** An attribute or item that {@code owner} does not have. */
  static Undefined member(Value owner, String name) {
    return new Undefined(owner, name, null);
  }

  /** An item that {@code owner} does not have. */
  static Undefined member(Value owner, Value key) {
    return new Undefined(owner, key instanceof Text text ? text.chars() : key, null);
  }

  /** Whatever the hint says. */
  static Undefined because(String hint) {
    return new Undefined(null, null, hint);
  }

  /** What is thrown when this is used in a way that undefined values do not have. */
  Failure failure() {
    if (hint != null) {
      return Failure.evaluation(hint);
    }
    if (owner == null) {
      return Failure.evaluation("'" + name + "' is undefined");
    }
    String what = owner == None.NONE ? "None" : owner.typeName() + " object";
    return name instanceof String
        ? Failure.evaluation("'" + what + "' has no attribute '" + name + "'")
        : Failure.evaluation(what + " has no element " + (name instanceof Int i ? i.toString() : "of that kind"));
  }

  @Override
  public boolean truth() {
    return false;
  }

  @Override
  public String typeName() {
    return "Undefined";
  }

  @Override
  public void repr(Printer out) {
    out.append("Undefined");
  }

  @Override
  public void print(Printer out) {}

  @Override
  public int length() {
    return 0;
  }

  @Override
  public Iterator<Value> iterator() {
    return Collections.emptyIterator();
  }
}
