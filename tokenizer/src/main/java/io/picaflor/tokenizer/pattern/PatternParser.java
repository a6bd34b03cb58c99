package io.picaflor.tokenizer.pattern;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses the regular expressions that tokenizers use: literals, {@code .}, classes (ranges, negated, nested, {@code
 * &&}), {@code \s \d \w} and {@code \p{...}} with their complements, groups {@code (...)}, {@code (?:...)}, {@code
 * (?i:...)}, alternatives, greedy and lazy quantifiers, possessive ones of a single class, {@code $}, and lookahead at
 * one class. In Oniguruma's syntax, the reference's: {@code {n,m}+} is no possessive quantifier, but one of another.
 * Everything else is refused by name.
 */
final class PatternParser {
  private static final int MAX_DEPTH = 50;
  private static final int MAX_REPEAT = 1000;
  private static final int MAX_LENGTH = 8192;
  private static final int MAX_QUANTIFIERS = 4;

  private final String pattern;
  private int at;
  private int depth;
  private boolean ignoreCase;
  // By its text: a class that stands in the expression more than once is one class.
  private final Map<String, CharacterSet> sets = new HashMap<>();

  private PatternParser(String pattern) {
    this.pattern = pattern;
  }

  static Syntax parse(String pattern) throws TokenizerFormatException {
    PatternParser parser = new PatternParser(pattern);
    if (pattern.length() > MAX_LENGTH) {
      throw parser.refused("an expression of more than " + MAX_LENGTH + " characters");
    }
    Syntax syntax = parser.choice();
    if (parser.at < pattern.length()) {
      throw parser.refused("a ) without (");
    }
    return syntax;
  }

  private Syntax choice() throws TokenizerFormatException {
    if (++depth > MAX_DEPTH) {
      throw refused("groups nested more than " + MAX_DEPTH + " deep");
    }
    List<Syntax> alternatives = new ArrayList<>();
    alternatives.add(sequence());
    while (take('|')) {
      alternatives.add(sequence());
    }
    depth--;
    return alternatives.size() == 1 ? alternatives.getFirst() : new Syntax.Choice(alternatives);
  }

  private Syntax sequence() throws TokenizerFormatException {
    List<Syntax> parts = new ArrayList<>();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      parts.add(quantified());
    }
    return parts.size() == 1 ? parts.getFirst() : new Syntax.Sequence(parts);
  }

  private Syntax quantified() throws TokenizerFormatException {
    Syntax part = atom();
    for (int quantifiers = 0; at < pattern.length(); quantifiers++) {
      int start = at;
      boolean interval = false;
      int least;
      int most;
      if (take('*')) {
        least = 0;
        most = -1;
      } else if (take('+')) {
        least = 1;
        most = -1;
      } else if (take('?')) {
        least = 0;
        most = 1;
      } else if (pattern.charAt(at) == '{') {
        at++;
        interval = true;
        least = at < pattern.length() && pattern.charAt(at) == ',' ? 0 : number();
        most = least;
        if (take(',')) {
          most = at < pattern.length() && pattern.charAt(at) == '}' ? -1 : number();
        }
        if (!take('}') || most >= 0 && most < least) {
          at = start;
          throw refused("this repetition");
        }
      } else {
        break;
      }
      if (part instanceof Syntax.Next) {
        throw refused("a repeated assertion");
      }
      if (quantifiers == MAX_QUANTIFIERS) {
        throw refused("more than " + MAX_QUANTIFIERS + " quantifiers of one part");
      }
      if (take('?')) {
        part = new Syntax.Repeat(part, least, most, false);
      } else if (!interval && take('+')) {
        part = possessive(part, least, most);
      } else {
        part = new Syntax.Repeat(part, least, most, true);
      }
    }
    return part;
  }

  /** A possessive loop over a class takes all it can: it ends where none of the class follows, or at its bound. */
  private Syntax possessive(Syntax part, int least, int most) throws TokenizerFormatException {
    if (!(part instanceof Syntax.One(CharacterSet set))) {
      throw refused("a possessive quantifier of more than a class");
    }
    Syntax end = new Syntax.Next(set.negate(), true);
    if (most == 1) {
      return new Syntax.Choice(List.of(part, end));
    }
    return new Syntax.Sequence(List.of(new Syntax.Repeat(part, least, most, true), end));
  }

  private Syntax atom() throws TokenizerFormatException {
    int begin = at;
    char c = pattern.charAt(at);
    switch (c) {
      case '(' -> {
        return group();
      }
      case '[' -> {
        at++;
        return one(begin, bracketed());
      }
      case '.' -> {
        at++;
        return one(begin, p -> p != '\n');
      }
      case '$' -> {
        at++;
        return new Syntax.Next(p -> p == '\n', true);
      }
      case '\\' -> {
        return one(begin, escape());
      }
      case '^', '*', '+', '?', '{' -> throw refused("'" + c + "' here");
      default -> {
        int codePoint = pattern.codePointAt(at);
        at += Character.charCount(codePoint);
        return one(begin, CharacterSet.range(codePoint, codePoint));
      }
    }
  }

  private Syntax one(int begin, CharacterSet set) {
    String key = (ignoreCase ? "i" : "-") + pattern.substring(begin, at);
    return new Syntax.One(sets.computeIfAbsent(key, _ -> ignoreCase ? set.ignoringCase() : set));
  }

  private Syntax group() throws TokenizerFormatException {
    boolean caseOutside = ignoreCase;
    int start = at;
    at++;
    boolean lookahead = false;
    boolean negative = false;
    if (take('?')) {
      if (take('=')) {
        lookahead = true;
      } else if (take('!')) {
        lookahead = true;
        negative = true;
      } else if (take('i')) {
        ignoreCase = true;
        if (!take(':')) {
          at = start;
          throw refused("this group");
        }
      } else if (!take(':')) {
        at = start;
        throw refused("this group");
      }
    }
    Syntax inside = choice();
    if (!take(')')) {
      at = start;
      throw refused("a ( without )");
    }
    ignoreCase = caseOutside;
    if (!lookahead) {
      return inside;
    }
    if (!(inside instanceof Syntax.One(CharacterSet set))) {
      at = start;
      throw refused("a lookahead at more than one class");
    }
    return new Syntax.Next(negative ? set.negate() : set, negative);
  }

  /** What follows an opening bracket, up to and with the closing one. */
  private CharacterSet bracketed() throws TokenizerFormatException {
    int start = at - 1;
    if (++depth > MAX_DEPTH) {
      throw refused("classes nested more than " + MAX_DEPTH + " deep");
    }
    boolean negated = take('^');
    List<CharacterSet> intersection = new ArrayList<>();
    List<CharacterSet> union = new ArrayList<>();
    boolean first = true;
    while (true) {
      if (at >= pattern.length()) {
        at = start;
        throw refused("a [ without ]");
      }
      char c = pattern.charAt(at);
      if (c == ']' && !first) {
        at++;
        break;
      }
      first = false;
      if (c == '[') {
        at++;
        if (at < pattern.length() && pattern.charAt(at) == ':') {
          throw refused("a POSIX class");
        }
        union.add(bracketed());
      } else if (pattern.startsWith("&&", at)) {
        at += 2;
        intersection.add(CharacterSet.anyOf(union));
        union = new ArrayList<>();
      } else {
        union.add(rangeOrSet());
      }
    }
    depth--;
    intersection.add(CharacterSet.anyOf(union));
    CharacterSet set = CharacterSet.allOf(intersection);
    return negated ? set.negate() : set;
  }

  private CharacterSet rangeOrSet() throws TokenizerFormatException {
    int low;
    if (pattern.charAt(at) == '\\') {
      int literal = escapedLiteral();
      if (literal < 0) {
        return escape();
      }
      low = literal;
    } else {
      low = pattern.codePointAt(at);
      at += Character.charCount(low);
    }
    if (at + 1 < pattern.length() && pattern.charAt(at) == '-' && pattern.charAt(at + 1) != ']'
        && pattern.charAt(at + 1) != '[') {
      int start = at++;
      int high;
      if (pattern.charAt(at) == '\\') {
        high = escapedLiteral();
      } else {
        high = pattern.codePointAt(at);
        at += Character.charCount(high);
      }
      if (high < low) {
        at = start;
        throw refused("this range");
      }
      return CharacterSet.range(low, high);
    }
    return CharacterSet.range(low, low);
  }

  private CharacterSet escape() throws TokenizerFormatException {
    int literal = escapedLiteral();
    if (literal >= 0) {
      return CharacterSet.range(literal, literal);
    }
    char c = at + 1 < pattern.length() ? pattern.charAt(at + 1) : '\\';
    at += 2;
    return switch (c) {
      case 's' -> UnicodeSets.WHITE_SPACE;
      case 'S' -> UnicodeSets.WHITE_SPACE.negate();
      case 'd' -> UnicodeSets.DIGIT;
      case 'D' -> UnicodeSets.DIGIT.negate();
      case 'w' -> UnicodeSets.WORD;
      case 'W' -> UnicodeSets.WORD.negate();
      case 'p', 'P' -> property(c == 'P');
      default -> {
        at -= 2;
        throw refused("\\" + c);
      }
    };
  }

  private CharacterSet property(boolean complement) throws TokenizerFormatException {
    int close = pattern.indexOf('}', at);
    if (at >= pattern.length() || pattern.charAt(at) != '{' || close < 0) {
      throw refused("\\p without {name}");
    }
    String name = pattern.substring(at + 1, close);
    boolean inner = name.startsWith("^");
    CharacterSet set = UnicodeSets.property(inner ? name.substring(1) : name).orElse(null);
    if (set == null) {
      throw refused("the property '" + name + "'");
    }
    at = close + 1;
    return complement != inner ? set.negate() : set;
  }

  /** The code point that an escape stands for; -1, with nothing taken, if it is no single one. */
  private int escapedLiteral() throws TokenizerFormatException {
    if (at + 1 >= pattern.length()) {
      throw refused("a \\ at the end");
    }
    char c = pattern.charAt(at + 1);
    int literal = switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case 'u' -> hex(4);
      case 'x' -> at + 2 < pattern.length() && pattern.charAt(at + 2) == '{' ? -2 : hex(2);
      default -> Character.isLetterOrDigit(c) ? -1 : c;
    };
    if (literal == -2) {
      throw refused("\\x{...}");
    }
    if (literal >= 0) {
      at += c == 'u' ? 6 : c == 'x' ? 4 : 2;
    }
    return literal;
  }

  private int hex(int digits) throws TokenizerFormatException {
    int value = 0;
    for (int i = at + 2; i < at + 2 + digits; i++) {
      int digit = i < pattern.length() ? Character.digit(pattern.charAt(i), 16) : -1;
      if (digit < 0) {
        throw refused("this escape");
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private int number() throws TokenizerFormatException {
    int start = at;
    int value = 0;
    while (at < pattern.length() && pattern.charAt(at) >= '0' && pattern.charAt(at) <= '9' && value <= MAX_REPEAT) {
      value = 10 * value + pattern.charAt(at++) - '0';
    }
    if (at == start || value > MAX_REPEAT) {
      at = start;
      throw refused("this repetition (0 to " + MAX_REPEAT + " is known)");
    }
    return value;
  }

  private boolean take(char c) {
    if (at < pattern.length() && pattern.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private TokenizerFormatException refused(String what) {
    String shown = pattern.length() <= 200 ? pattern : pattern.substring(0, 200) + "...";
    return new TokenizerFormatException("regular expression, character " + at + ": " + what + " is not supported: "
        + shown);
  }
}
