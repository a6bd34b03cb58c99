package io.picaflor.tokenizer.piece;

import java.util.Locale;
import java.util.Set;

/**
 * Tells from a vocabulary piece's text whether it looks like the markup of a chat format, which untrusted text must not
 * be able to write. The rule stands in {@link io.picaflor.tokenizer.Tokenizer}.
 */
public final class ControlText {
  /** Elements of HTML that tokenizers know as tags. */
  private static final Set<String> HTML_ELEMENTS = Set.of(
      "a", "abbr", "article", "aside", "b", "blockquote", "body", "br", "button", "caption", "center", "cite", "code",
      "col",
      "colgroup", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "form",
      "h1", "h2",
      "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "label",
      "li", "link",
      "main", "mark", "meta", "nav", "ol", "option", "p", "pre", "q", "s", "samp", "section", "select", "small",
      "span", "strike",
      "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title",
      "tr", "tt",
      "u", "ul", "var");

  private ControlText() {}

  /** Whether untrusted text must not be able to write the piece. */
  public static boolean looksLikeMarkup(String piece) {
    boolean named = false;
    boolean bracketed = false;
    int codePoint;
    for (int i = 0; i < piece.length(); i += Character.charCount(codePoint)) {
      codePoint = piece.codePointAt(i);
      named |= Character.isLetterOrDigit(codePoint);
      bracketed |= "<>[]{}|\uFF5C".indexOf(codePoint) >= 0;
    }
    return named && bracketed && (!isHtmlTag(piece) || piece.equals("<s>") || piece.equals("</s>"));
  }

  /** Whether the piece is the tag of an HTML element, without attributes. */
  public static boolean isHtmlTag(String piece) {
    if (piece.length() < 3 || piece.charAt(0) != '<' || piece.charAt(piece.length() - 1) != '>') {
      return false;
    }
    String name = piece.substring(piece.charAt(1) == '/' ? 2 : 1, piece.length() - 1);
    return HTML_ELEMENTS.contains(name.toLowerCase(Locale.ROOT));
  }
}
