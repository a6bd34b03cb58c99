package io.picaflor.tokenizer.pattern;

import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Sets of code points by what Unicode says of them.
 *
 * <p>White space, digits and word characters are Unicode's, as the reference's expression engine (Oniguruma) has them,
 * categories are those of the JDK's Unicode version. They stand here and not in {@link CharacterSet}: lambdas of an interface
 * that has something to initialize are made anew in each process, and not kept in the JVM's cache.
 */
public final class UnicodeSets {
  /** Unicode's White_Space property. */
  public static final CharacterSet WHITE_SPACE = c -> c <= ' '
      ? c == ' ' || c >= 0x09 && c <= 0x0D
      : c == 0x85 || c == 0xA0 || c == 0x1680 || c >= 0x2000 && c <= 0x200A || c == 0x2028 || c == 0x2029 || c == 0x202F
          || c == 0x205F || c == 0x3000;

  public static final CharacterSet DIGIT = c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;

  /** Letters, numbers that are letters, marks, decimal digits and connectors such as the underscore. */
  public static final CharacterSet WORD = c -> Character.isAlphabetic(c) || isMark(c) || DIGIT.contains(c)
      || Character.getType(c) == Character.CONNECTOR_PUNCTUATION;

  private UnicodeSets() {}

  private static boolean isMark(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  /**
   * The set of a Unicode general category ({@code L}, {@code Lu}, ...) or script ({@code Han}, ...), by its name in
   * {@code \p{}}.
   */
  public static Optional<CharacterSet> property(String name) {
    IntPredicate category = switch (name) {
      case "L", "Letter" -> Character::isLetter;
      case "Lu" -> ofType(Character.UPPERCASE_LETTER);
      case "Ll" -> ofType(Character.LOWERCASE_LETTER);
      case "Lt" -> ofType(Character.TITLECASE_LETTER);
      case "Lm" -> ofType(Character.MODIFIER_LETTER);
      case "Lo" -> ofType(Character.OTHER_LETTER);
      case "M", "Mark" -> UnicodeSets::isMark;
      case "Mn" -> ofType(Character.NON_SPACING_MARK);
      case "Mc" -> ofType(Character.COMBINING_SPACING_MARK);
      case "Me" -> ofType(Character.ENCLOSING_MARK);
      case "N", "Number" -> ofTypes(Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER);
      case "Nd" -> ofType(Character.DECIMAL_DIGIT_NUMBER);
      case "Nl" -> ofType(Character.LETTER_NUMBER);
      case "No" -> ofType(Character.OTHER_NUMBER);
      case "P", "Punctuation" -> ofTypes(Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION);
      case "Pc" -> ofType(Character.CONNECTOR_PUNCTUATION);
      case "Pd" -> ofType(Character.DASH_PUNCTUATION);
      case "Ps" -> ofType(Character.START_PUNCTUATION);
      case "Pe" -> ofType(Character.END_PUNCTUATION);
      case "Pi" -> ofType(Character.INITIAL_QUOTE_PUNCTUATION);
      case "Pf" -> ofType(Character.FINAL_QUOTE_PUNCTUATION);
      case "Po" -> ofType(Character.OTHER_PUNCTUATION);
      case "S", "Symbol" -> ofTypes(Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL);
      case "Sm" -> ofType(Character.MATH_SYMBOL);
      case "Sc" -> ofType(Character.CURRENCY_SYMBOL);
      case "Sk" -> ofType(Character.MODIFIER_SYMBOL);
      case "So" -> ofType(Character.OTHER_SYMBOL);
      case "Z" -> ofTypes(Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
      case "Zs" -> ofType(Character.SPACE_SEPARATOR);
      case "Zl" -> ofType(Character.LINE_SEPARATOR);
      case "Zp" -> ofType(Character.PARAGRAPH_SEPARATOR);
      case "C" -> ofTypes(Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE,
          Character.UNASSIGNED);
      case "Cc" -> ofType(Character.CONTROL);
      case "Cf" -> ofType(Character.FORMAT);
      case "Cn" -> ofType(Character.UNASSIGNED);
      case "Co" -> ofType(Character.PRIVATE_USE);
      default -> script(name);
    };
    return Optional.ofNullable(category).map(p -> p::test);
  }

  private static IntPredicate script(String name) {
    try {
      Character.UnicodeScript script = Character.UnicodeScript.forName(name.toUpperCase(Locale.ROOT));
      return c -> Character.UnicodeScript.of(c) == script;
    } catch (IllegalArgumentException _) {
      return null; // no script of this name: the caller names it
    }
  }

  private static IntPredicate ofType(int type) {
    return c -> Character.getType(c) == type;
  }

  private static IntPredicate ofTypes(int... types) {
    int mask = 0;
    for (int type : types) {
      mask |= 1 << type;
    }
    int all = mask;
    return c -> (all >>> Character.getType(c) & 1) != 0;
  }
}
