package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@code a.b}, {@code a['b']} and {@code a[1:2]} find: attributes and items in the order in which Jinja's sandbox
 * looks.
 */
final class Members {
  private Members() {}

  /** {@code owner.name}: an attribute first, then a key. */
  static Value attribute(Value owner, String name) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    Value found = own(owner, name);
    if (found == null && owner instanceof Dict dict) {
      found = dict.get(Text.trusted(name));
    }
    return found != null ? found : Undefined.member(owner, name);
  }

  /** {@code owner[key]}: an item first, then an attribute. */
  static Value item(Value owner, Value key) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    Value found = element(owner, key);
    if (found == null && key instanceof Text name) {
      found = own(owner, name.chars());
    }
    return found != null ? found : Undefined.member(owner, key);
  }

  /** The attribute that the type has, or null. */
  private static Value own(Value owner, String name) {
    if (owner instanceof Namespace namespace) {
      return namespace.attributes().get(name);
    }
    if (owner instanceof LoopValue loop) {
      return loop.attribute(name);
    }
    Value item = owner instanceof TupleValue tuple ? tuple.named(name) : null;
    if (item != null) {
      return item;
    }
    Method method = Method.of(owner, name);
    if (method == null) {
      return null;
    }
    return method.changesOwner()
        ? Undefined.because("'" + name + "' of a " + owner.typeName() + " is not allowed: values cannot be changed")
        : new BoundMethod(owner, method);
  }

  /** The item, or null. */
  private static Value element(Value owner, Value key) {
    if (owner instanceof Dict dict) {
      return Dict.hashable(key) ? dict.get(key) : null;
    }
    Int index = Operators.integer(key);
    if (index == null) {
      return null;
    }
    int length = hasPositions(owner) ? owner.length() : 0;
    int at = index.clamped() < 0 ? index.clamped() + length : index.clamped();
    if (at < 0 || at >= length) {
      return null;
    }
    if (owner instanceof Text text) {
      return text.charAt(text.offset(at));
    }
    return owner instanceof Range range ? range.get(at) : items(owner).get(at);
  }

  /** Whether items are found by their position. */
  private static boolean hasPositions(Value owner) {
    return owner instanceof ListValue || owner instanceof Text || owner instanceof TupleValue || owner instanceof Range;
  }

  private static List<Value> items(Value owner) {
    return owner instanceof ListValue list ? list.items() : ((TupleValue) owner).items();
  }

  /** {@code owner[from:to:step]}; null bounds are not given. */
  static Value slice(Value owner, Value from, Value to, Value step, Rendering rendering) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    long by = step == null || step == None.NONE ? 1 : bound(step);
    if (by == 0) {
      throw Failure.evaluation("slice step cannot be zero");
    }
    if (!hasPositions(owner)) {
      throw Failure.evaluation("'" + owner.typeName() + "' has no slices");
    }
    int length = owner.length();
    long start = limit(from, by > 0 ? 0 : length - 1, length, by);
    long stop = limit(to, by > 0 ? length : -1, length, by);
    int count = (int) Math.max(0, by > 0 ? (stop - start + by - 1) / by : (start - stop - by - 1) / -by);
    if (owner instanceof Text text) {
      return slice(text, (int) start, (int) by, count, rendering);
    }
    if (owner instanceof Range range) {
      return new Range(range.start() + start * range.step(), range.start() + stop * range.step(), range.step() * by,
          count);
    }
    rendering.items(count);
    List<Value> all = items(owner);
    List<Value> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(all.get((int) (start + i * by)));
    }
    return owner instanceof TupleValue ? TupleValue.of(items) : new ListValue(items);
  }

  private static Text slice(Text text, int start, int step, int count, Rendering rendering) {
    rendering.scan(text.chars().length());
    if (count == 0) {
      return Text.EMPTY;
    }
    if (step == 1) {
      int from = text.offset(start);
      rendering.allocate(count);
      return text.slice(from, text.offset(start + count));
    }
    int[] offsets = offsets(text);
    rendering.allocate(offsets.length);
    TextBuilder out = new TextBuilder(rendering);
    for (int i = 0; i < count; i++) {
      int at = (int) (start + (long) i * step);
      text.appendTo(out, offsets[at], offsets[at + 1]);
    }
    return out.toText();
  }

  /** The offset of each character, and of the end. */
  private static int[] offsets(Text text) {
    int[] offsets = new int[text.length() + 1];
    for (int i = 0; i < text.length(); i++) {
      offsets[i + 1] = offsets[i] + text.charAt(offsets[i]).chars().length();
    }
    return offsets;
  }

  private static int bound(Value value) {
    Int i = Operators.integer(value);
    if (i == null) {
      throw Failure.wrongType("slice bounds must be integers", value);
    }
    return i.clamped();
  }

  private static long limit(Value value, long absent, int length, long step) {
    if (value == null || value == None.NONE) {
      return absent;
    }
    long at = bound(value);
    if (at < 0) {
      at += length;
    }
    return step > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
  }
}
