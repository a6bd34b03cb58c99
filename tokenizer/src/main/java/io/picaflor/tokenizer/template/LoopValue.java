package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The variable {@code loop}: where a {@code for} stands, and in recursive ones the loop itself, to be called. */
final class LoopValue implements Callable {
  private final Statement.For statement;
  private final Frame frame;
  private final int depth; // of recursion, from 0
  private final int sized; // -1: only known by walking to the end
  private Iterator<Value> items;
  private int index = -1;
  private Value previous;
  private Value current;
  private Value ahead; // drawn already, not handed out yet
  private int length = -1;
  private List<Value> changed;

  LoopValue(Statement.For statement, Frame frame, Iterator<Value> items, int sized, int depth) {
    this.statement = statement;
    this.frame = frame;
    this.items = items;
    this.sized = sized;
    this.depth = depth;
  }

  /** The next item, or null at the end. */
  Value advance() {
    Value item = ahead != null ? ahead : items.hasNext() ? items.next() : null;
    ahead = null;
    if (item != null) {
      index++;
      previous = current;
      current = item;
    }
    return item;
  }

  private Value peek() {
    if (ahead == null && items.hasNext()) {
      ahead = items.next();
    }
    return ahead;
  }

  private int count() {
    if (length < 0) {
      length = sized;
    }
    if (length < 0) {
      List<Value> rest = new ArrayList<>();
      while (items.hasNext()) {
        frame.rendering.items(1);
        rest.add(items.next());
      }
      items = rest.iterator();
      length = index + 1 + (ahead == null ? 0 : 1) + rest.size();
    }
    return length;
  }

  /** The attribute, or null. */
  Value attribute(String name) {
    return switch (name) {
      case "index" -> Int.of(index + 1);
      case "index0" -> Int.of(index);
      case "revindex" -> Int.of(count() - index);
      case "revindex0" -> Int.of(count() - index - 1);
      case "first" -> Bool.of(index == 0);
      case "last" -> Bool.of(peek() == null);
      case "length" -> Int.of(count());
      case "depth" -> Int.of(depth + 1);
      case "depth0" -> Int.of(depth);
      case "previtem" -> index == 0 ? Undefined.because("there is no previous item") : previous;
      case "nextitem" -> peek() == null ? Undefined.because("there is no next item") : ahead;
      case "cycle" -> new BoundMethod(this, LoopMethod.CYCLE);
      case "changed" -> new BoundMethod(this, LoopMethod.CHANGED);
      default -> null;
    };
  }

  /** One value after the other, from round to round. */
  Value cycle(Arguments arguments) {
    Value[] values = arguments.positional();
    if (values.length == 0 || arguments.names().length > 0) {
      throw Failure.evaluation("cycle needs values to go through");
    }
    return values[index % values.length];
  }

  /** Whether the values differ from those of the last call. */
  Value changed(Arguments arguments, Rendering rendering) {
    List<Value> values = List.of(arguments.positional());
    boolean same = changed != null && Comparison.equal(new ListValue(changed), new ListValue(values), rendering);
    changed = values;
    return Bool.of(!same);
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    if (!statement.recursive()) {
      throw Failure.evaluation("only a loop with the mark 'recursive' can be called");
    }
    Value inner = arguments.bind("loop", Signature.of(1, "iterable"))[0];
    return statement.recurse(frame, inner, depth + 1);
  }

  @Override
  public int length() {
    return count();
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public void repr(Printer out) {
    out.append("<LoopContext " + (index + 1) + "/" + count() + ">");
  }
}
