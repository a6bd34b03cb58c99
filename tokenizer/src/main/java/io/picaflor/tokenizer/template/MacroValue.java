package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A macro, with the variables that it sees. Called, it gives the text that its body makes. */
record MacroValue(Statement.Function function, Frame definition) implements Callable {

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    rendering.enter(function.levels());
    rendering.step(function.weight());
    Frame frame = new Frame(function.slots(), definition, rendering);
    Statement.Inherited.enter(function.inherited(), frame);
    bind(arguments, frame);
    TextBuilder out = new TextBuilder(rendering);
    Statement.all(function.body(), frame, out);
    rendering.leave(function.levels());
    return out.toText();
  }

  private void bind(Arguments arguments, Frame frame) {
    String[] parameters = function.parameters();
    Value[] positional = arguments.positional();
    int count = Math.min(positional.length, parameters.length);
    System.arraycopy(positional, 0, frame.slots, 0, count);
    Dict rest = function.kwargsSlot() >= 0 ? new Dict() : null;
    for (int i = 0; i < arguments.names().length; i++) {
      String name = arguments.names()[i];
      int slot = Arrays.asList(parameters).indexOf(name);
      if (slot >= count) {
        frame.slots[slot] = arguments.named()[i];
      } else if (name.equals("caller") && function.callerSlot() >= 0) {
        frame.slots[function.callerSlot()] = arguments.named()[i];
      } else if (rest != null) {
        rest.put(Text.trusted(name), arguments.named()[i]);
      } else {
        throw Failure.evaluation("macro '" + function.name() + "' takes no keyword argument '" + name + "'");
      }
    }
    if (rest != null) {
      frame.slots[function.kwargsSlot()] = rest;
    }
    List<Value> more = new ArrayList<>(Arrays.asList(positional).subList(count, positional.length));
    if (function.varargsSlot() >= 0) {
      frame.slots[function.varargsSlot()] = TupleValue.of(more);
    } else if (!more.isEmpty()) {
      throw Failure.evaluation("macro '" + function.name() + "' takes not more than " + parameters.length
          + " argument(s)");
    }
    for (int i = 0; i < parameters.length; i++) {
      if (frame.slots[i] == null) {
        Expression absent = function.defaults()[i];
        frame.slots[i] = absent == null
            ? Undefined.because("parameter '" + parameters[i] + "' was not provided")
            : absent.evaluate(frame);
      }
    }
  }

  @Override
  public String typeName() {
    return "Macro";
  }

  @Override
  public void repr(Printer out) {
    out.append("<Macro '" + function.name() + "'>");
  }
}
