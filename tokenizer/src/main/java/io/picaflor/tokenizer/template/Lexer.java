package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, and settles the white space between them: {@code -} and {@code +} at tags,
 * {@code trim_blocks}, {@code lstrip_blocks}.
 */
final class Lexer {
  private static final int MAX_TOKENS = 1_000_000;

  private final String source;
  private final char[] chars; // the same: most templates are parsed once, by the interpreter, where a call costs much
  private final List<Token> tokens = new ArrayList<>();
  private final Deque<Token> brackets = new ArrayDeque<>();
  private int at;
  private boolean lineStart = true; // whether what came before ends with a line feed

  private Lexer(String source) {
    this.source = source;
    this.chars = source.toCharArray();
  }

  /** The source as positions count it: line ends are line feeds, and one at the very end is dropped. */
  static String normalized(String source) {
    String lines = source.indexOf('\r') < 0 ? source : source.replace("\r\n", "\n").replace('\r', '\n');
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /**
   * @param source as {@link #normalized} gives it
   * @return the tokens, the last of kind {@link Kind#END}
   */
  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag(at);
      if (tag < 0) {
        data(at, source.length());
        break;
      }
      char kind = source.charAt(tag + 1);
      int afterRaw = kind == '%' ? rawBegin(tag) : -1;
      data(at, textEnd(at, tag, sign(tag + 2), kind != '{'));
      if (afterRaw >= 0) {
        raw(tag, afterRaw);
      } else if (kind == '#') {
        comment(tag);
      } else {
        tag(tag, kind == '%');
      }
    }
    add(Kind.END, "", null, source.length());
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < chars.length; i++) {
      if (chars[i] == '{' && (chars[i + 1] == '{' || chars[i + 1] == '%' || chars[i + 1] == '#')) {
        return i;
      }
    }
    return -1;
  }

  /** Adds a token. */
  void add(Kind kind, String text, Value value, int position) {
    if (tokens.size() == MAX_TOKENS) {
      throw Failure.limit("the template has more than " + MAX_TOKENS + " tokens", position);
    }
    tokens.add(new Token(kind, text, value, position));
  }

  private void data(int from, int to) {
    if (from < to) {
      add(Kind.DATA, "", Text.trusted(source.substring(from, to)), from);
    }
  }

  /** The sign at a tag's begin: minus, plus or 0. */
  private char sign(int at) {
    char c = at < source.length() ? source.charAt(at) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  /** The end of the text before a tag, once its white space is settled. */
  private int textEnd(int from, int tag, char sign, boolean block) {
    int end = tag;
    if (sign == '-') {
      while (end > from && TextOperations.isSpace(source.charAt(end - 1))) {
        end--;
      }
    } else if (sign != '+' && block) {
      while (end > from && source.charAt(end - 1) != '\n' && TextOperations.isSpace(source.charAt(end - 1))) {
        end--;
      }
      boolean atLineStart = end > from ? source.charAt(end - 1) == '\n' : lineStart;
      return atLineStart ? end : tag;
    }
    return end;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < chars.length && (chars[i] == ' ' || chars[i] == '\n' || TextOperations.isSpace(chars[i]))) {
      i++;
    }
    return i;
  }

  /** Goes on behind a tag that ended at {@code end}. */
  private void endTag(int end, boolean strip, boolean trim) {
    at = strip ? skipSpace(end) : trim && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
    lineStart = source.charAt(at - 1) == '\n';
  }

  private void comment(int tag) {
    int close = source.indexOf("#}", sign(tag + 2) == 0 ? tag + 2 : tag + 3);
    if (close < 0) {
      throw Failure.syntax("this comment is not closed", tag);
    }
    char sign = close > tag + 2 && !(close == tag + 3 && sign(tag + 2) != 0) ? source.charAt(close - 1) : 0;
    endTag(close + 2, sign == '-', sign != '+');
  }

  /** The offset behind a tag {@code raw}, or -1. */
  private int rawBegin(int tag) {
    int i = skipSpace(sign(tag + 2) == 0 ? tag + 2 : tag + 3);
    if (!source.startsWith("raw", i)) {
      return -1;
    }
    i = skipSpace(i + 3);
    return source.startsWith("-%}", i) ? skipSpace(i + 3) : source.startsWith("%}", i) ? i + 2 : -1;
  }

  private void raw(int tag, int from) {
    lineStart = source.charAt(from - 1) == '\n';
    for (int i = source.indexOf("{%", from); i >= 0; i = source.indexOf("{%", i + 1)) {
      int name = skipSpace(sign(i + 2) == 0 ? i + 2 : i + 3);
      if (source.startsWith("endraw", name)) {
        int end = skipSpace(name + 6);
        char sign = sign(end);
        end += sign == 0 ? 0 : 1;
        if (source.startsWith("%}", end)) {
          data(from, textEnd(from, i, sign(i + 2), true));
          endTag(end + 2, sign == '-', sign != '+');
          return;
        }
      }
    }
    throw Failure.syntax("this raw block is not closed", tag);
  }

  private void tag(int tag, boolean statement) {
    add(statement ? Kind.STATEMENT_BEGIN : Kind.EXPRESSION_BEGIN, "", null, tag);
    at = sign(tag + 2) == 0 ? tag + 2 : tag + 3;
    char close = statement ? '%' : '}';
    brackets.clear();
    while (true) {
      at = skipSpace(at);
      if (at >= source.length()) {
        throw Failure.syntax("this tag is not closed", tag);
      }
      if (brackets.isEmpty()) {
        char sign = sign(at);
        boolean signed = sign != 0 && (sign == '-' || statement) && isClose(at + 1, close);
        if (signed || isClose(at, close)) {
          add(statement ? Kind.STATEMENT_END : Kind.EXPRESSION_END, "", null, at);
          endTag(at + (signed ? 3 : 2), signed && sign == '-', statement && !signed);
          return;
        }
      }
      token();
    }
  }

  private boolean isClose(int at, char first) {
    return at + 1 < chars.length && chars[at] == first && chars[at + 1] == '}';
  }

  /** The end of the characters of a name from {@code at} on. */
  private int nameEnd(int from) {
    int end = from;
    while (end < chars.length) {
      char c = chars[end];
      if (c >= 'a' && c <= 'z' || c == '_' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
        end++;
      } else if (c < 0x80 || !Character.isUnicodeIdentifierPart(source.codePointAt(end))
          || Character.isIdentifierIgnorable(source.codePointAt(end))) {
        break;
      } else {
        end += Character.charCount(source.codePointAt(end));
      }
    }
    return end;
  }

  private void token() {
    char c = chars[at];
    if (c >= '0' && c <= '9') {
      at = NumberLiteral.read(source, at, this);
    } else if (c >= 'a' && c <= 'z' || c == '_' || c >= 'A' && c <= 'Z'
        || c >= 0x80 && Character.isLetter(source.codePointAt(at))) {
      int end = nameEnd(at);
      add(Kind.NAME, source.substring(at, end), null, at);
      at = end;
    } else if (c == '\'' || c == '"') {
      at = StringLiteral.read(source, at, this);
    } else {
      operator(c);
    }
  }

  private void operator(char c) {
    String operator = operatorAt(c, at + 1 < chars.length ? chars[at + 1] : 0);
    if (operator == null) {
      throw Failure.syntax("unexpected character '" + Character.toString(source.codePointAt(at)) + "'", at);
    }
    add(Kind.OPERATOR, operator, null, at);
    at += operator.length();
    bracket(c);
  }

  private static String operatorAt(char c, char next) {
    return switch (c) {
      case '+' -> "+";
      case '-' -> "-";
      case '/' -> next == '/' ? "//" : "/";
      case '*' -> next == '*' ? "**" : "*";
      case '%' -> "%";
      case '~' -> "~";
      case '[' -> "[";
      case ']' -> "]";
      case '(' -> "(";
      case ')' -> ")";
      case '{' -> "{";
      case '}' -> "}";
      case '>' -> next == '=' ? ">=" : ">";
      case '<' -> next == '=' ? "<=" : "<";
      case '=' -> next == '=' ? "==" : "=";
      case '!' -> next == '=' ? "!=" : null;
      case '.' -> ".";
      case ':' -> ":";
      case '|' -> "|";
      case ',' -> ",";
      case ';' -> ";";
      default -> null;
    };
  }

  /** Notes which brackets are open: a tag does not end within them. */
  private void bracket(char c) {
    Token token = tokens.get(tokens.size() - 1);
    switch (c) {
      case '(', '[', '{' -> brackets.push(token);
      case ')', ']', '}' -> {
        String open = c == ')' ? "(" : c == ']' ? "[" : "{";
        if (brackets.isEmpty() || !brackets.pop().isOperator(open)) {
          throw Failure.syntax("'" + c + "' closes nothing that is open here", token.position());
        }
      }
      default -> {}
    }
  }
}
