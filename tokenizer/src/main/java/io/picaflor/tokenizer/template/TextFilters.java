package io.picaflor.tokenizer.template;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Filters that make text of text, beyond what texts' own methods do. */
final class TextFilters {
  private TextFilters() {}

  /** Escaped for HTML, unless it is markup already. */
  static Text escape(Text text, Rendering rendering) {
    return text.isMarkup() ? text : escapeAll(text, rendering);
  }

  static Text escapeAll(Text text, Rendering rendering) {
    return text.map(TextChange.ESCAPE, rendering);
  }

  static String escaped(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  /** {@code text % arguments}. */
  static Text format(Text text, Arguments arguments, Rendering rendering) {
    if (arguments.names().length == 0) {
      return PercentFormat.format(text, TupleValue.of(Arrays.asList(arguments.positional())), rendering);
    }
    if (arguments.positional().length > 0) {
      throw Failure.evaluation("format takes either positional or keyword arguments, not both");
    }
    Dict named = new Dict();
    for (int i = 0; i < arguments.names().length; i++) {
      named.put(Text.trusted(arguments.names()[i]), arguments.named()[i]);
    }
    return PercentFormat.format(text, named, rendering);
  }

  /** Each line but the first and blank ones moved in. */
  static Text indent(Value value, Value width, boolean first, boolean blank, Rendering rendering) {
    Text text = TextMethod.text(value);
    Text by;
    if (width instanceof Text given) {
      by = given;
    } else {
      int spaces = Math.max(TextMethod.integer(width, 4), 0);
      rendering.reserve(spaces);
      by = Text.trusted(" ".repeat(spaces));
    }
    TextBuilder padded = new TextBuilder(rendering);
    padded.append(text);
    padded.append("\n", true); // as the reference does, so that the last line counts even when it is empty
    List<Value> lines = TextSplitting.lines(padded.toText(), false, rendering).items();
    TextBuilder out = new TextBuilder(rendering);
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        out.append("\n", true);
      }
      if (i == 0 ? first : blank || lines.get(i).truth()) {
        out.append(by);
      }
      out.append((Text) lines.get(i));
    }
    return out.toText();
  }

  /** Words begin with a capital; they begin behind white space, hyphens and opening brackets. */
  static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    int from = 0;
    while (from < s.length()) {
      boolean opens = opensWord(s.charAt(from));
      int to = from;
      while (to < s.length() && opensWord(s.charAt(to)) == opens) {
        to++;
      }
      int first = s.offsetByCodePoints(from, 1);
      out.append(TextOperations.upper(s.substring(from, first))).append(TextOperations.lower(s.substring(first, to)));
      from = to;
    }
    return out.toString();
  }

  private static boolean opensWord(char c) {
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || TextOperations.isSpace(c);
  }

  /** Words are runs of letters, digits and underscores. */
  static int countWords(Text text) {
    int count = 0;
    boolean inWord = false;
    for (int i = 0; i < text.chars().length();) {
      int c = text.chars().codePointAt(i);
      i += Character.charCount(c);
      boolean part = c == '_' || Character.isLetterOrDigit(c);
      count += part && !inWord ? 1 : 0;
      inWord = part;
    }
    return count;
  }

  /** Cut to a length, at the end of a word if not told otherwise. {@code a}: length, killwords, end, leeway. */
  static Value truncate(Value value, Value[] a, Rendering rendering) {
    int length = TextMethod.integer(a[0], 255);
    Text end = a[2] == null ? Text.trusted("...") : TextMethod.text(a[2]);
    int leeway = a[3] == null || a[3] == None.NONE ? 5 : TextMethod.integer(a[3], 5);
    if (length < end.length() || leeway < 0) {
      throw Failure.evaluation("truncate needs a length of at least " + end.length() + " and a leeway of at least 0");
    }
    if (Sequences.length(value) <= (long) length + leeway) {
      return value;
    }
    Text text = TextMethod.text(value);
    Text cut = text.slice(0, text.offset(length - end.length()));
    int space = a[1] != null && a[1].truth() ? -1 : cut.chars().lastIndexOf(' ');
    TextBuilder out = new TextBuilder(rendering);
    out.append(space < 0 ? cut : cut.slice(0, space));
    out.append(end);
    return out.toText();
  }

  /** Without tags and comments, white space folded into single spaces. */
  static Text stripTags(Text text, Rendering rendering) {
    Text bare = text.map(TextChange.STRIP_TAGS, rendering);
    List<Value> words = TextSplitting.split(bare, null, -1, rendering).items();
    Text folded = TextOperations.joinPrinted(words, Text.trusted(" "), rendering);
    return folded.map(TextChange.UNESCAPE, rendering);
  }

  static String withoutTags(String s) {
    return cutOut(cutOut(s, "<!--", "-->"), "<", ">");
  }

  private static String cutOut(String s, String open, String close) {
    StringBuilder out = new StringBuilder(s.length());
    int from = 0;
    int start;
    while ((start = s.indexOf(open, from)) >= 0) {
      int end = s.indexOf(close, start);
      if (end < 0) {
        break;
      }
      out.append(s, from, start);
      from = end + close.length();
    }
    return out.append(s, from, s.length()).toString();
  }

  static String unescaped(String s) {
    return s.indexOf('&') < 0
        ? s
        : s.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"")
            .replace("&#39;", "'").replace("&amp;", "&");
  }

  /** Percent-encoded UTF-8; pairs become {@code key=value&...}. */
  static Text urlEncode(Value value, Rendering rendering) {
    if (value instanceof Text || value.iterator() == null) {
      return Printer.print(value, rendering).map(TextChange.QUOTE_PATH, rendering);
    }
    Value pairs = value instanceof Dict dict ? new DictView(dict, DictView.Part.ITEMS) : value;
    TextBuilder out = new TextBuilder(rendering);
    for (Value pair : Sequences.list(pairs, rendering)) {
      List<Value> two = Sequences.list(pair, rendering);
      if (two.size() != 2) {
        throw Failure.evaluation("urlencode needs pairs");
      }
      out.append(out.length() > 0 ? "&" : "", true);
      out.append(Printer.print(two.get(0), rendering).map(TextChange.QUOTE_QUERY, rendering));
      out.append("=", true);
      out.append(Printer.print(two.get(1), rendering).map(TextChange.QUOTE_QUERY, rendering));
    }
    return out.toText();
  }

  static String quoted(String s, String safe, String space) {
    StringBuilder out = new StringBuilder(s.length());
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 0x80 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0 || safe.indexOf(c) >= 0)) {
        out.append(c);
      } else if (c == ' ') {
        out.append(space);
      } else {
        String hex = TextOperations.upper(Integer.toHexString(c));
        out.append('%').repeat('0', 2 - hex.length()).append(hex);
      }
    }
    return out.toString();
  }
}
