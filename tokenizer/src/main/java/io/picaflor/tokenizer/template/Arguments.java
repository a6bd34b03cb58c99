package io.picaflor.tokenizer.template;

import java.util.Arrays;

/**
 * The values of a call.
 *
 * @param positional in order
 * @param names      of the keyword arguments
 * @param named      their values
 */
record Arguments(Value[] positional, String[] names, Value[] named) {
  private static final Value[] NO_VALUES = {};
  private static final String[] NO_NAMES = {};
  static final Arguments NONE = new Arguments(NO_VALUES, NO_NAMES, NO_VALUES);

  static Arguments of(Value... positional) {
    return new Arguments(positional, NO_NAMES, NO_VALUES);
  }

  /** The keyword argument of that name, or null. */
  Value named(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return named[i];
      }
    }
    return null;
  }

  /** The call without its first positional arguments. */
  Arguments skip(int count) {
    return new Arguments(Arrays.copyOfRange(positional, count, positional.length), names, named);
  }

  /** The call with one more keyword argument. */
  Arguments with(String name, Value value) {
    String[] moreNames = Arrays.copyOf(names, names.length + 1);
    Value[] moreNamed = Arrays.copyOf(named, named.length + 1);
    moreNames[names.length] = name;
    moreNamed[named.length] = value;
    return new Arguments(positional, moreNames, moreNamed);
  }

  /**
   * The values in the order of a function's parameters, null where one is not given.
   *
   * @param function for messages
   * @throws Failure if there are too many or too few, or names that are not known
   */
  Value[] bind(String function, Signature signature) {
    String[] parameters = signature.parameters();
    if (positional.length > parameters.length) {
      throw Failure.evaluation(
          function + "() takes at most " + parameters.length + " argument(s), " + positional.length + " given");
    }
    Value[] bound = Arrays.copyOf(positional, parameters.length);
    for (int i = 0; i < names.length; i++) {
      int slot = Arrays.asList(parameters).indexOf(names[i]);
      if (slot < 0) {
        throw Failure.evaluation(function + "() got an unexpected keyword argument '" + names[i] + "'");
      }
      if (bound[slot] != null) {
        throw Failure.evaluation(function + "() got two values for argument '" + names[i] + "'");
      }
      bound[slot] = named[i];
    }
    for (int i = 0; i < signature.required(); i++) {
      if (bound[i] == null) {
        throw Failure.evaluation(function + "() needs the argument '" + parameters[i] + "'");
      }
    }
    return bound;
  }
}
