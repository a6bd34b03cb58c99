package io.picaflor.tokenizer.template;

/**
 * A change of a text's characters, whatever their origin. An enum and no lambdas: the first lambda of a process costs
 * it milliseconds.
 */
enum TextChange {
  UPPER,
  LOWER,
  CASEFOLD,
  SWAPCASE,
  CAPITALIZE,
  TITLE,
  TITLE_OF_FILTER,
  ESCAPE,
  STRIP_TAGS,
  UNESCAPE,
  QUOTE_PATH,
  QUOTE_QUERY;

  String apply(String s) {
    return switch (this) {
      case UPPER -> TextOperations.upper(s);
      case LOWER -> TextOperations.lower(s);
      case CASEFOLD -> TextOperations.lower(TextOperations.upper(s)).replace('\u03c2', '\u03c3'); // no final sigma
      case SWAPCASE -> TextOperations.swapCase(s);
      case CAPITALIZE -> TextOperations.capitalize(s);
      case TITLE -> TextOperations.title(s);
      case TITLE_OF_FILTER -> TextFilters.title(s);
      case ESCAPE -> TextFilters.escaped(s);
      case STRIP_TAGS -> TextFilters.withoutTags(s);
      case UNESCAPE -> TextFilters.unescaped(s);
      case QUOTE_PATH -> TextFilters.quoted(s, "/", "%20");
      case QUOTE_QUERY -> TextFilters.quoted(s, "", "+");
    };
  }
}
