package io.picaflor.tokenizer.template;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The methods of a text. */
enum TextMethod implements Method {
  STRIP(Signature.of(0, "chars")),
  LSTRIP(Signature.of(0, "chars")),
  RSTRIP(Signature.of(0, "chars")),
  SPLIT(Signature.of(0, "sep", "maxsplit")),
  RSPLIT(Signature.of(0, "sep", "maxsplit")),
  SPLITLINES(Signature.of(0, "keepends")),
  PARTITION(Signature.of(1, "sep")),
  RPARTITION(Signature.of(1, "sep")),
  STARTSWITH(Signature.of(1, "prefix", "start", "end")),
  ENDSWITH(Signature.of(1, "suffix", "start", "end")),
  REMOVEPREFIX(Signature.of(1, "prefix")),
  REMOVESUFFIX(Signature.of(1, "suffix")),
  REPLACE(Signature.of(2, "old", "new", "count")),
  JOIN(Signature.of(1, "iterable")),
  UPPER(Signature.NONE),
  LOWER(Signature.NONE),
  CASEFOLD(Signature.NONE),
  TITLE(Signature.NONE),
  CAPITALIZE(Signature.NONE),
  SWAPCASE(Signature.NONE),
  FIND(Signature.of(1, "sub", "start", "end")),
  RFIND(Signature.of(1, "sub", "start", "end")),
  INDEX(Signature.of(1, "sub", "start", "end")),
  RINDEX(Signature.of(1, "sub", "start", "end")),
  COUNT(Signature.of(1, "sub", "start", "end")),
  ZFILL(Signature.of(1, "width")),
  CENTER(Signature.of(1, "width", "fillchar")),
  LJUST(Signature.of(1, "width", "fillchar")),
  RJUST(Signature.of(1, "width", "fillchar")),
  EXPANDTABS(Signature.of(0, "tabsize")),
  FORMAT(null),
  ISDIGIT(Signature.NONE),
  ISDECIMAL(Signature.NONE),
  ISNUMERIC(Signature.NONE),
  ISALPHA(Signature.NONE),
  ISALNUM(Signature.NONE),
  ISSPACE(Signature.NONE),
  ISUPPER(Signature.NONE),
  ISLOWER(Signature.NONE),
  ISTITLE(Signature.NONE),
  ISASCII(Signature.NONE),
  ISPRINTABLE(Signature.NONE);

  private static final Map<String, TextMethod> BY_NAME = new HashMap<>();

  static {
    for (TextMethod method : values()) {
      BY_NAME.put(method.pythonName, method);
    }
  }

  private final Signature signature; // null: any
  private final String pythonName = name().toLowerCase(Locale.ROOT);

  TextMethod(Signature signature) {
    this.signature = signature;
  }

  /** The method, or null. */
  static TextMethod named(String name) {
    return BY_NAME.get(name);
  }

  @Override
  public String pythonName() {
    return pythonName;
  }

  @Override
  public boolean changesOwner() {
    return false;
  }

  @Override
  public Value call(Value self, Arguments arguments, Rendering rendering) {
    Text text = (Text) self;
    rendering.scan(text.chars().length());
    if (this == FORMAT) {
      return BraceFormat.format(text, arguments, rendering);
    }
    Value[] a = arguments.bind(pythonName, signature);
    return switch (this) {
      case STRIP -> TextOperations.strip(text, chars(a[0]), true, true);
      case LSTRIP -> TextOperations.strip(text, chars(a[0]), true, false);
      case RSTRIP -> TextOperations.strip(text, chars(a[0]), false, true);
      case SPLIT -> TextSplitting.split(text, chars(a[0]), integer(a[1], -1), rendering);
      case RSPLIT -> TextSplitting.splitFromEnd(text, chars(a[0]), integer(a[1], -1), rendering);
      case SPLITLINES -> TextSplitting.lines(text, a[0] != null && a[0].truth(), rendering);
      case PARTITION -> TextSplitting.partition(text, text(a[0]), false);
      case RPARTITION -> TextSplitting.partition(text, text(a[0]), true);
      case STARTSWITH -> Bool.of(TextOperations.matches(bounded(text, a), a[0], true));
      case ENDSWITH -> Bool.of(TextOperations.matches(bounded(text, a), a[0], false));
      case REMOVEPREFIX -> text.chars().startsWith(text(a[0]).chars())
          ? text.slice(text(a[0]).chars().length(), text.chars().length())
          : text;
      case REMOVESUFFIX -> text.chars().endsWith(text(a[0]).chars())
          ? text.slice(0, text.chars().length() - text(a[0]).chars().length())
          : text;
      case REPLACE -> TextOperations.replace(text, text(a[0]), text(a[1]), integer(a[2], -1), rendering);
      case JOIN -> TextOperations.join(text, a[0], rendering);
      case UPPER -> text.map(TextChange.UPPER, rendering);
      case LOWER -> text.map(TextChange.LOWER, rendering);
      case CASEFOLD -> text.map(TextChange.CASEFOLD, rendering);
      case TITLE -> text.map(TextChange.TITLE, rendering);
      case CAPITALIZE -> text.map(TextChange.CAPITALIZE, rendering);
      case SWAPCASE -> text.map(TextChange.SWAPCASE, rendering);
      case FIND -> Int.of(find(text, a, false));
      case RFIND -> Int.of(find(text, a, true));
      case INDEX -> Int.of(found(find(text, a, false)));
      case RINDEX -> Int.of(found(find(text, a, true)));
      case COUNT -> Int.of(TextOperations.count(bounded(text, a), text(a[0])));
      case ZFILL -> TextOperations.zeroFill(text, width(a[0]), rendering);
      case CENTER -> TextOperations.center(text, width(a[0]), fill(a[1]), rendering);
      case LJUST -> TextOperations.pad(text, 0, width(a[0]) - text.length(), fill(a[1]), rendering);
      case RJUST -> TextOperations.pad(text, width(a[0]) - text.length(), 0, fill(a[1]), rendering);
      case EXPANDTABS -> TextOperations.expandTabs(text, integer(a[0], 8), rendering);
      case ISDECIMAL -> Bool.of(TextOperations.all(text, TextOperations.Kind.DECIMAL));
      case ISDIGIT -> Bool.of(TextOperations.all(text, TextOperations.Kind.DIGIT));
      case ISNUMERIC -> Bool.of(TextOperations.all(text, TextOperations.Kind.NUMERIC));
      case ISALPHA -> Bool.of(TextOperations.all(text, TextOperations.Kind.LETTER));
      case ISALNUM -> Bool.of(TextOperations.all(text, TextOperations.Kind.LETTER_OR_NUMERIC));
      case ISSPACE -> Bool.of(TextOperations.all(text, TextOperations.Kind.SPACE));
      case ISPRINTABLE -> Bool.of(text.isEmpty() || TextOperations.all(text, TextOperations.Kind.PRINTABLE));
      case ISASCII -> Bool.of(text.isEmpty() || TextOperations.all(text, TextOperations.Kind.ASCII));
      case ISUPPER -> Bool.of(TextOperations.isCased(text, true));
      case ISLOWER -> Bool.of(TextOperations.isCased(text, false));
      case ISTITLE -> Bool.of(TextOperations.isCased(text) && TextOperations.title(text.chars()).equals(text.chars()));
      case FORMAT -> throw new IllegalStateException("handled above");
    };
  }

  /** An argument that must be text. */
  static Text text(Value value) {
    if (value instanceof Text text) {
      return text;
    }
    throw Failure.wrongType("a text is needed", value);
  }

  /** An argument that must be text, or is absent or none: null. */
  static Text chars(Value value) {
    return value == null || value == None.NONE ? null : text(value);
  }

  /** An argument that must be an integer. */
  static int integer(Value value, int absent) {
    if (value == null) {
      return absent;
    }
    Int i = Operators.integer(value);
    if (i == null) {
      throw Failure.wrongType("an integer is needed", value);
    }
    return i.clamped();
  }

  private static int width(Value value) {
    return Math.max(integer(value, 0), 0);
  }

  private static Text fill(Value value) {
    if (value == null) {
      return null;
    }
    if (text(value).length() != 1) {
      throw Failure.evaluation("the fill character must be exactly one character");
    }
    return text(value);
  }

  /** The part of the text between the start and end arguments; null where the start is beyond the end of the text. */
  private static Text bounded(Text text, Value[] a) {
    if (a[1] == null && a[2] == null) {
      return text;
    }
    int length = text.length();
    int start = bound(a[1], 0, length);
    int end = bound(a[2], length, length);
    return start > length || start > Math.min(end, length)
        ? null
        : text.slice(text.offset(start), text.offset(Math.min(end, length)));
  }

  private static int bound(Value value, int absent, int length) {
    if (value == null || value == None.NONE) {
      return absent;
    }
    int i = integer(value, absent);
    return i < 0 ? Math.max(i + length, 0) : i;
  }

  private static int find(Text text, Value[] a, boolean last) {
    Text part = text(a[0]);
    Text within = bounded(text, a);
    if (within == null) {
      return -1;
    }
    int at = last ? within.chars().lastIndexOf(part.chars()) : within.chars().indexOf(part.chars());
    return at < 0 ? -1 : within.index(at) + bound(a[1], 0, text.length());
  }

  private static int found(int index) {
    if (index < 0) {
      throw Failure.evaluation("the text does not contain that part");
    }
    return index;
  }
}
