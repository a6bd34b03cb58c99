package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.util.Locale;

/** The settings that the pre-tokenizer and the decoder {@code Metaspace} share. */
record Metaspace(String replacement, Prefix prefix) {
  /** Which words get the mark in front if they have none. */
  enum Prefix {
    ALWAYS,
    FIRST,
    NEVER
  }

  static Metaspace of(Settings settings) throws TokenizerFormatException {
    String replacement = settings.string("replacement");
    if (replacement.codePointCount(0, replacement.length()) != 1) {
      throw settings.error("replacement is '" + replacement + "', expected one character");
    }
    settings.ignore("str_rep");
    boolean older = settings.flag("add_prefix_space", true);
    Prefix prefix = older ? Prefix.ALWAYS : Prefix.NEVER;
    if (settings.has("prepend_scheme")) {
      String name = settings.string("prepend_scheme");
      prefix = switch (name.toLowerCase(Locale.ROOT)) {
        case "always" -> Prefix.ALWAYS;
        case "first" -> Prefix.FIRST;
        case "never" -> Prefix.NEVER;
        default -> throw settings.error("prepend_scheme is '" + name + "', known are always, first and never");
      };
      if (!older && prefix != Prefix.NEVER) {
        throw settings.error("add_prefix_space is false, but prepend_scheme is '" + name + "'");
      }
    }
    return new Metaspace(replacement, prefix);
  }

  boolean prefixes(boolean atTextStart) {
    return switch (prefix) {
      case ALWAYS -> true;
      case FIRST -> atTextStart;
      case NEVER -> false;
    };
  }
}
