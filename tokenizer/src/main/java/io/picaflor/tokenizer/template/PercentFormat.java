package io.picaflor.tokenizer.template;

import java.util.List;

/** Python's {@code 'text %s' % values}. Each value keeps its characters' origin. */
final class PercentFormat {
  private final Text format;
  private final Value values;
  private final Rendering rendering;
  private int used;

  private PercentFormat(Text format, Value values, Rendering rendering) {
    this.format = format;
    this.values = values;
    this.rendering = rendering;
  }

  /** @param values a tuple of values, a dict for {@code %(name)s}, or one value */
  static Text format(Text format, Value values, Rendering rendering) {
    return new PercentFormat(format, values, rendering).format();
  }

  private Text format() {
    String s = format.chars();
    TextBuilder out = new TextBuilder(rendering);
    int from = 0;
    int at;
    while ((at = s.indexOf('%', from)) >= 0) {
      rendering.step(1);
      format.appendTo(out, from, at);
      from = conversion(s, at + 1, out);
    }
    format.appendTo(out, from, s.length());
    boolean optional = values instanceof Dict || values instanceof ListValue || values instanceof Undefined;
    if (!optional && used < (values instanceof TupleValue tuple ? tuple.length() : 1)) {
      throw Failure.evaluation("not all arguments were used in formatting the text");
    }
    return out.toText();
  }

  /** Appends one conversion and gives the offset behind it. */
  private int conversion(String s, int start, TextBuilder out) {
    int at = start;
    Value value = null;
    if (at < s.length() && s.charAt(at) == '(') {
      int close = s.indexOf(')', at);
      if (close < 0) {
        throw Failure.evaluation("incomplete format key");
      }
      value = keyed(format.slice(at + 1, close));
      at = close + 1;
    }
    String flags = "";
    while (at < s.length() && "#0- +".indexOf(s.charAt(at)) >= 0) {
      flags += s.charAt(at++);
      if (flags.length() > 16) {
        throw Failure.limit("too many format flags");
      }
    }
    int digits = FormatSpec.digits(s, at);
    int width = FormatSpec.number(s, at, digits, 0);
    at = digits;
    int precision = -1;
    if (at < s.length() && s.charAt(at) == '.') {
      digits = FormatSpec.digits(s, at + 1);
      precision = FormatSpec.number(s, at + 1, digits, 0);
      at = digits;
    }
    if (at >= s.length()) {
      throw Failure.evaluation("incomplete format");
    }
    char type = s.charAt(at++);
    if (type == '%') {
      format.appendTo(out, at - 1, at);
      return at;
    }
    out.append(converted(type, value == null ? next() : value, flags, width, precision));
    return at;
  }

  private Value keyed(Text key) {
    if (!(values instanceof Dict dict)) {
      throw Failure.evaluation("format requires a mapping");
    }
    Value value = dict.get(key);
    if (value == null) {
      throw Failure.evaluation("there is no value '" + key + "' to format");
    }
    return value;
  }

  private Value next() {
    List<Value> all = values instanceof TupleValue tuple ? tuple.items() : List.of(values);
    if (used >= all.size()) {
      throw Failure.evaluation("not enough arguments to format the text");
    }
    return all.get(used++);
  }

  private Text converted(char type, Value value, String flags, int width, int precision) {
    char align = flags.contains("-") ? '<' : '>';
    char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
    boolean zeros = flags.contains("0") && align == '>';
    int fill = zeros ? '0' : ' ';
    char place = zeros ? '=' : align;
    switch (type) {
      case 's', 'r', 'a' -> {
        Text text = type == 's' ? Printer.print(value, rendering) : Printer.repr(value, rendering);
        return new FormatSpec(' ', align, '-', false, width, (char) 0, precision, 's').format(text, rendering);
      }
      case 'c' -> {
        Value shown = value instanceof Text text && text.length() == 1
            ? text
            : Text.trusted(character(TextMethod.integer(value, 0)));
        return new FormatSpec(' ', align, '-', false, width, (char) 0, -1, 's').format(shown, rendering);
      }
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        Value number = value instanceof Real real && type != 'x' && type != 'X' && type != 'o'
            ? NumberFilters.truncated(real.value())
            : Operators.integer(value);
        if (number == null) {
          throw Failure.wrongType("%" + type + " needs a number", value);
        }
        char kind = type == 'i' || type == 'u' ? 'd' : type;
        return new FormatSpec(fill, place, sign, flags.contains("#"), width, (char) 0, -1, kind).format(number,
            rendering);
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        if (!Operators.isNumber(value)) {
          throw Failure.wrongType("%" + type + " needs a number", value);
        }
        return new FormatSpec(fill, place, sign, false, width, (char) 0, precision, type)
            .format(new Real(Operators.real(value)), rendering);
      }
      default -> throw Failure.evaluation("unsupported format character '" + type + "'");
    }
  }

  private static String character(int code) {
    if (!Character.isValidCodePoint(code)) {
      throw Failure.evaluation("there is no such character");
    }
    return Character.toString(code);
  }
}
