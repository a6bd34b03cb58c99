package io.picaflor.tokenizer.template;

/** Python's {@code '{} {name}'.format(...)}. Each value keeps its characters' origin. */
final class BraceFormat {
  private final Text format;
  private final Arguments arguments;
  private final Rendering rendering;
  private int automatic; // fields counted so far
  private boolean manual; // fields are numbered

  private BraceFormat(Text format, Arguments arguments, Rendering rendering) {
    this.format = format;
    this.arguments = arguments;
    this.rendering = rendering;
  }

  /** @throws Failure if the format is no format, or a value is missing */
  static Text format(Text format, Arguments arguments, Rendering rendering) {
    return new BraceFormat(format, arguments, rendering).format();
  }

  private Text format() {
    String s = format.chars();
    TextBuilder out = new TextBuilder(rendering);
    int at = 0;
    while (at < s.length()) {
      rendering.step(1);
      char c = s.charAt(at);
      if (c != '{' && c != '}') {
        int end = at;
        while (end < s.length() && s.charAt(end) != '{' && s.charAt(end) != '}') {
          end++;
        }
        format.appendTo(out, at, end);
        at = end;
      } else if (at + 1 < s.length() && s.charAt(at + 1) == c) {
        format.appendTo(out, at, at + 1);
        at += 2;
      } else if (c == '}') {
        throw Failure.evaluation("single '}' in a format text");
      } else {
        int close = s.indexOf('}', at);
        if (close < 0 || s.indexOf('{', at + 1) >= 0 && s.indexOf('{', at + 1) < close) {
          throw Failure.evaluation("a format text has an unclosed or nested '{'");
        }
        out.append(field(s.substring(at + 1, close)));
        at = close + 1;
      }
    }
    return out.toText();
  }

  private Text field(String field) {
    int colon = field.indexOf(':');
    String spec = colon < 0 ? "" : field.substring(colon + 1);
    String name = colon < 0 ? field : field.substring(0, colon);
    char conversion = 0;
    int bang = name.indexOf('!');
    if (bang >= 0) {
      if (bang != name.length() - 2) {
        throw Failure.evaluation("a conversion in a format text is one character");
      }
      conversion = name.charAt(bang + 1);
      name = name.substring(0, bang);
    }
    if (name.isEmpty() ? manual : isNumber(name) && automatic > 0) {
      throw Failure.evaluation("a format text numbers some of its fields and leaves others to be counted");
    }
    manual |= isNumber(name);
    Value value = value(name);
    switch (conversion) {
      case 0 -> {}
      case 's' -> value = Printer.print(value, rendering);
      case 'r', 'a' -> value = Printer.repr(value, rendering);
      default -> throw Failure.evaluation("unknown conversion '" + conversion + "' in a format text");
    }
    return spec.isEmpty() ? Printer.print(value, rendering) : FormatSpec.parse(spec).format(value, rendering);
  }

  private static boolean isNumber(String name) {
    return !name.isEmpty() && FormatSpec.digits(name, 0) == name.length();
  }

  /** A name or number, followed by any number of {@code .attribute} and {@code [item]}. */
  private Value value(String name) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    Value value = first(name.substring(0, end));
    while (end < name.length()) {
      rendering.step(1);
      boolean attribute = name.charAt(end) == '.';
      int from = end + 1;
      end = from;
      while (end < name.length()
          && (attribute ? name.charAt(end) != '.' && name.charAt(end) != '[' : name.charAt(end) != ']')) {
        end++;
      }
      String part = name.substring(from, end);
      if (part.isEmpty() || !attribute && end == name.length()) {
        throw Failure.evaluation("a field of a format text is not complete");
      }
      if (attribute) {
        value = Members.attribute(value, part);
      } else {
        value = Members.item(value, isNumber(part)
            ? Int.of(FormatSpec.number(part, 0, part.length(), 0))
            : Text.trusted(part));
        end++;
      }
    }
    return value;
  }

  private Value first(String name) {
    if (name.isEmpty() || isNumber(name)) {
      int index = name.isEmpty() ? automatic++ : FormatSpec.number(name, 0, name.length(), 0);
      if (index >= arguments.positional().length) {
        throw Failure.evaluation("a format text asks for argument " + index + ", which is not given");
      }
      return arguments.positional()[index];
    }
    Value value = arguments.named(name);
    if (value == null) {
      throw Failure.evaluation("a format text asks for '" + name + "', which is not given");
    }
    return value;
  }
}
