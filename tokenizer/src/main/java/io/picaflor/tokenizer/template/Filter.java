package io.picaflor.tokenizer.template;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters that templates may use: Jinja's, with {@code tojson} as Hugging Face's library has it. */
enum Filter {
  ABS(Signature.NONE),
  ATTR(Signature.of(1, "name")),
  BATCH(Signature.of(1, "linecount", "fill_with")),
  CAPITALIZE(Signature.NONE),
  CENTER(Signature.of(0, "width")),
  COUNT(Signature.NONE),
  D(Signature.of(0, "default_value", "boolean")),
  DEFAULT(Signature.of(0, "default_value", "boolean")),
  DICTSORT(Signature.of(0, "case_sensitive", "by", "reverse")),
  E(Signature.NONE),
  ESCAPE(Signature.NONE),
  FILESIZEFORMAT(Signature.of(0, "binary")),
  FIRST(Signature.NONE),
  FLOAT(Signature.of(0, "default")),
  FORCEESCAPE(Signature.NONE),
  FORMAT(null),
  GROUPBY(Signature.of(1, "attribute", "default", "case_sensitive")),
  INDENT(Signature.of(0, "width", "first", "blank")),
  INT(Signature.of(0, "default", "base")),
  ITEMS(Signature.NONE),
  JOIN(Signature.of(0, "d", "attribute")),
  LAST(Signature.NONE),
  LENGTH(Signature.NONE),
  LIST(Signature.NONE),
  LOWER(Signature.NONE),
  MAP(null),
  MAX(Signature.of(0, "case_sensitive", "attribute")),
  MIN(Signature.of(0, "case_sensitive", "attribute")),
  REJECT(null),
  REJECTATTR(null),
  REPLACE(Signature.of(2, "old", "new", "count")),
  REVERSE(Signature.NONE),
  ROUND(Signature.of(0, "precision", "method")),
  SAFE(Signature.NONE),
  SELECT(null),
  SELECTATTR(null),
  SLICE(Signature.of(1, "slices", "fill_with")),
  SORT(Signature.of(0, "reverse", "case_sensitive", "attribute")),
  STRING(Signature.NONE),
  STRIPTAGS(Signature.NONE),
  SUM(Signature.of(0, "attribute", "start")),
  TITLE(Signature.NONE),
  TOJSON(Signature.of(0, "ensure_ascii", "indent", "separators", "sort_keys")),
  TRIM(Signature.of(0, "chars")),
  TRUNCATE(Signature.of(0, "length", "killwords", "end", "leeway")),
  UNIQUE(Signature.of(0, "case_sensitive", "attribute")),
  UPPER(Signature.NONE),
  URLENCODE(Signature.NONE),
  WORDCOUNT(Signature.NONE);

  private static final Map<String, Filter> BY_NAME = new HashMap<>();

  static {
    for (Filter filter : values()) {
      BY_NAME.put(filter.templateName, filter);
    }
  }

  private final Signature signature; // null: any
  private final String templateName = name().toLowerCase(Locale.ROOT);

  Filter(Signature signature) {
    this.signature = signature;
  }

  /** The filter, or null. */
  static Filter named(String name) {
    return BY_NAME.get(name);
  }

  /** @throws Failure if value and arguments do not fit */
  Value apply(Value value, Arguments arguments, Rendering rendering) {
    rendering.scan(value instanceof Text text ? text.chars().length() : 0);
    Value[] a = signature == null ? null : arguments.bind(templateName, signature);
    return switch (this) {
      case ABS -> NumberFilters.abs(value, rendering);
      case ATTR -> SequenceFilters.attr(value, a[0]);
      case BATCH -> SequenceFilters.batch(value, TextMethod.integer(a[0], 0), a[1], rendering);
      case CAPITALIZE -> text(value, rendering).map(TextChange.CAPITALIZE, rendering);
      case CENTER ->
          TextOperations.center(text(value, rendering), Math.max(TextMethod.integer(a[0], 80), 0), null, rendering);
      case COUNT, LENGTH -> Int.of(Sequences.length(value));
      case D, DEFAULT -> value instanceof Undefined || isTrue(a[1]) && !value.truth()
          ? orElse(a[0], Text.EMPTY)
          : value;
      case DICTSORT -> SequenceFilters.dictSort(value, isTrue(a[0]), a[1], isTrue(a[2]), rendering);
      case E, ESCAPE -> TextFilters.escape(text(value, rendering), rendering).asMarkup();
      case FORCEESCAPE -> TextFilters.escapeAll(text(value, rendering), rendering).asMarkup();
      case FILESIZEFORMAT -> NumberFilters.fileSize(value, isTrue(a[0]));
      case FIRST -> SequenceFilters.first(value);
      case FLOAT -> NumberFilters.toFloat(value, orElse(a[0], new Real(0)));
      case FORMAT -> TextFilters.format(text(value, rendering), arguments, rendering);
      case GROUPBY -> SequenceFilters.groupBy(value, a[0], a[1], isTrue(a[2]), rendering);
      case INDENT -> TextFilters.indent(value, a[0], isTrue(a[1]), isTrue(a[2]), rendering);
      case INT -> NumberFilters.toInt(value, orElse(a[0], Int.ZERO), TextMethod.integer(a[1], 10));
      case ITEMS -> SequenceFilters.items(value);
      case JOIN -> SequenceFilters.join(value, orElse(a[0], Text.EMPTY), a[1], rendering);
      case LAST -> SequenceFilters.last(value, rendering);
      case LIST -> new ListValue(Sequences.list(value, rendering));
      case LOWER -> text(value, rendering).map(TextChange.LOWER, rendering);
      case MAP -> Selection.map(value, arguments, rendering);
      case MAX -> SequenceFilters.extreme(value, true, isTrue(a[0]), a[1], rendering);
      case MIN -> SequenceFilters.extreme(value, false, isTrue(a[0]), a[1], rendering);
      case REJECT -> Selection.select(value, arguments, false, false, rendering);
      case REJECTATTR -> Selection.select(value, arguments, false, true, rendering);
      case REPLACE -> TextOperations.replace(
          text(value, rendering), text(a[0], rendering), text(a[1], rendering),
          a[2] == None.NONE ? -1 : TextMethod.integer(a[2], -1), rendering);
      case REVERSE -> SequenceFilters.reverse(value, rendering);
      case ROUND -> NumberFilters.round(value, TextMethod.integer(a[0], 0), a[1]);
      case SAFE -> text(value, rendering).asMarkup();
      case SELECT -> Selection.select(value, arguments, true, false, rendering);
      case SELECTATTR -> Selection.select(value, arguments, true, true, rendering);
      case SLICE -> SequenceFilters.slice(value, TextMethod.integer(a[0], 0), a[1], rendering);
      case SORT -> SequenceFilters.sort(value, isTrue(a[0]), isTrue(a[1]), a[2], rendering);
      case STRING -> text(value, rendering);
      case STRIPTAGS -> TextFilters.stripTags(text(value, rendering), rendering);
      case SUM -> SequenceFilters.sum(value, a[0], orElse(a[1], Int.ZERO), rendering);
      case TITLE -> text(value, rendering).map(TextChange.TITLE_OF_FILTER, rendering);
      case TOJSON -> json(value, a, rendering);
      case TRIM -> TextOperations.strip(text(value, rendering), TextMethod.chars(a[0]), true, true);
      case TRUNCATE -> TextFilters.truncate(value, a, rendering);
      case UNIQUE -> SequenceFilters.unique(value, isTrue(a[0]), a[1], rendering);
      case UPPER -> text(value, rendering).map(TextChange.UPPER, rendering);
      case URLENCODE -> TextFilters.urlEncode(value, rendering);
      case WORDCOUNT -> Int.of(TextFilters.countWords(text(value, rendering)));
    };
  }

  /** The value as it prints. */
  static Text text(Value value, Rendering rendering) {
    return Printer.print(value, rendering);
  }

  private static boolean isTrue(Value argument) {
    return argument != null && argument.truth();
  }

  private static Value orElse(Value argument, Value absent) {
    return argument != null ? argument : absent;
  }

  private static Text json(Value value, Value[] a, Rendering rendering) {
    String indent = null;
    if (a[1] instanceof Text text) {
      indent = text.chars();
    } else if (a[1] != null && a[1] != None.NONE) {
      int width = Math.max(TextMethod.integer(a[1], 0), 0);
      rendering.reserve(width);
      indent = " ".repeat(width);
    }
    String itemSeparator = null;
    String keySeparator = null;
    if (a[2] != null && a[2] != None.NONE) {
      List<Value> pair = Sequences.list(a[2], rendering);
      if (pair.size() != 2) {
        throw Failure.evaluation("tojson needs two separators");
      }
      itemSeparator = TextMethod.text(pair.get(0)).chars();
      keySeparator = TextMethod.text(pair.get(1)).chars();
    }
    return new JsonWriter(rendering, isTrue(a[0]), indent, itemSeparator, keySeparator, isTrue(a[3])).write(value);
  }
}
