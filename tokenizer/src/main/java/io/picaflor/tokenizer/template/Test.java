package io.picaflor.tokenizer.template;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The tests behind {@code is}. */
enum Test {
  BOOLEAN(0),
  CALLABLE(0),
  DEFINED(0),
  DIVISIBLEBY(1),
  EQ(1),
  ESCAPED(0),
  EVEN(0),
  FALSE(0),
  FILTER(0),
  FLOAT(0),
  GE(1),
  GT(1),
  IN(1),
  INTEGER(0),
  ITERABLE(0),
  LE(1),
  LOWER(0),
  LT(1),
  MAPPING(0),
  NE(1),
  NONE(0),
  NUMBER(0),
  ODD(0),
  SAMEAS(1),
  SEQUENCE(0),
  STRING(0),
  TEST(0),
  TRUE(0),
  UNDEFINED(0),
  UPPER(0);

  private static final Signature NO_ARGUMENT = Signature.NONE;
  private static final Signature ONE_ARGUMENT = Signature.of(1, "other");
  private static final Map<String, Test> BY_NAME = new HashMap<>();

  static {
    for (Test test : values()) {
      BY_NAME.put(test.templateName, test);
    }
    BY_NAME.put("equalto", EQ);
    BY_NAME.put("==", EQ);
    BY_NAME.put("!=", NE);
    BY_NAME.put("lessthan", LT);
    BY_NAME.put("<", LT);
    BY_NAME.put("<=", LE);
    BY_NAME.put("greaterthan", GT);
    BY_NAME.put(">", GT);
    BY_NAME.put(">=", GE);
  }

  private final int arguments;
  private final String templateName = name().toLowerCase(Locale.ROOT);

  Test(int arguments) {
    this.arguments = arguments;
  }

  /** The test, or null. */
  static Test named(String name) {
    return BY_NAME.get(name);
  }

  /** @throws Failure if value and arguments do not fit */
  boolean holds(Value value, Arguments given, Rendering rendering) {
    Value[] a = given.bind(templateName, arguments == 0 ? NO_ARGUMENT : ONE_ARGUMENT);
    return switch (this) {
      case BOOLEAN -> value instanceof Bool;
      case CALLABLE -> value instanceof Callable || value instanceof Undefined;
      case DEFINED -> !(value instanceof Undefined);
      case DIVISIBLEBY -> isZero(remainder(value, a[0], rendering));
      case EQ -> Comparison.equal(value, a[0], rendering);
      case ESCAPED -> value instanceof Text text && text.isMarkup();
      case EVEN -> isZero(remainder(value, Int.of(2), rendering));
      case FALSE -> value == Bool.FALSE;
      case FILTER -> value instanceof Text text && Filter.named(text.chars()) != null;
      case FLOAT -> value instanceof Real;
      case GE -> Comparison.holds(Comparison.Operator.GE, value, a[0], rendering);
      case GT -> Comparison.holds(Comparison.Operator.GT, value, a[0], rendering);
      case IN -> Comparison.contains(a[0], value, rendering);
      case INTEGER -> value instanceof Int;
      case ITERABLE -> value instanceof LoopValue || value.iterator() != null;
      case LE -> Comparison.holds(Comparison.Operator.LE, value, a[0], rendering);
      case LOWER -> TextOperations.isCased(Printer.print(value, rendering), false);
      case LT -> Comparison.holds(Comparison.Operator.LT, value, a[0], rendering);
      case MAPPING -> value instanceof Dict;
      case NE -> !Comparison.equal(value, a[0], rendering);
      case NONE -> value == None.NONE;
      case NUMBER -> Operators.isNumber(value);
      case ODD -> Comparison.equal(remainder(value, Int.of(2), rendering), Int.ONE, rendering);
      case SAMEAS -> isSame(value, a[0]);
      case SEQUENCE -> value.length() >= 0 && !(value instanceof DictView);
      case STRING -> value instanceof Text;
      case TEST -> value instanceof Text text && named(text.chars()) != null;
      case TRUE -> value == Bool.TRUE;
      case UNDEFINED -> value instanceof Undefined;
      case UPPER -> TextOperations.isCased(Printer.print(value, rendering), true);
    };
  }

  private static Value remainder(Value value, Value divisor, Rendering rendering) {
    return Operators.apply(Operators.Binary.MOD, value, divisor, rendering);
  }

  private static boolean isZero(Value value) {
    return Operators.isNumber(value) && !value.truth();
  }

  /** Python's {@code is}, which holds for equal small integers and equal short texts too. */
  private static boolean isSame(Value a, Value b) {
    return a == b || a instanceof Int i && i.equals(b) || a instanceof Text text && text.equals(b);
  }
}
