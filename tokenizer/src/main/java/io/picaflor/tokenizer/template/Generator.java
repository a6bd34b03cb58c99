package io.picaflor.tokenizer.template;

import java.util.Iterator;

/**
 * What {@code map}, {@code select} and their like give: items that can be walked once, without a length.
 *
 * @param items what is left
 * @param depth how many generators draw on one another
 */
record Generator(Iterator<Value> items, int depth) implements Value {
  private static final int MAX_DEPTH = 100;

  /** Items that are there already. */
  Generator(Iterator<Value> items) {
    this(items, 0);
  }

  /** Items that are made of another value's while they are walked. */
  static Generator over(Value source, Iterator<Value> items) {
    int depth = source instanceof Generator generator ? generator.depth + 1 : 0;
    if (depth > MAX_DEPTH) {
      throw Failure.limit("more than " + MAX_DEPTH + " filters draw on one another");
    }
    return new Generator(items, depth);
  }

  @Override
  public boolean truth() {
    return true;
  }

  @Override
  public String typeName() {
    return "generator";
  }

  @Override
  public void repr(Printer out) {
    out.append("<generator object>");
  }

  @Override
  public Iterator<Value> iterator() {
    return items;
  }
}
