package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.piece.ByteAlphabet;
import io.picaflor.tokenizer.piece.Utf8Decoder;

/**
 * One step from tokens to text: takes tokens one by one, hands what becomes of them to the next step as soon as it is
 * certain. For one thread.
 */
abstract class DecoderStage {
  /** Takes the next token, or behind a step that joins all tokens the next part of that one. */
  abstract void token(String token);

  /** Ends the sequence; begins a new one. */
  abstract void finish();

  /** The last step: joins the text, with a separator between tokens. */
  static final class Collector extends DecoderStage {
    private final StringBuilder out = new StringBuilder();
    private final String separator;
    private boolean first = true;

    Collector(String separator) {
      this.separator = separator;
    }

    @Override
    void token(String token) {
      if (!first) {
        out.append(separator);
      }
      first = false;
      out.append(token);
    }

    @Override
    void finish() {
      first = true;
    }

    /** The text since it was last taken. */
    String take() {
      if (out.isEmpty()) {
        return "";
      }
      String text = out.toString();
      out.setLength(0);
      return text;
    }
  }

  /**
   * {@code ByteLevel}: a token is bytes in {@link ByteAlphabet}, or if some character stands for none, its own UTF-8.
   */
  static final class ByteLevel extends DecoderStage {
    private final DecoderStage next;
    private final Utf8Decoder decoder = new Utf8Decoder(Utf8Decoder.Malformed.ONE_PER_MAXIMAL_PART);
    private final StringBuilder text = new StringBuilder();

    ByteLevel(DecoderStage next) {
      this.next = next;
    }

    @Override
    void token(String token) {
      boolean mapped = true;
      for (int i = 0; i < token.length() && mapped; i++) {
        mapped = ByteAlphabet.byteOf(token.charAt(i)) >= 0;
      }
      if (mapped) {
        for (int i = 0; i < token.length(); i++) {
          decoder.append((byte) ByteAlphabet.byteOf(token.charAt(i)), text);
        }
      } else if (!token.isEmpty()) {
        decoder.finish(text);
        text.append(token);
      }
      handOver();
    }

    @Override
    void finish() {
      decoder.finish(text);
      handOver();
      next.finish();
    }

    private void handOver() {
      if (!text.isEmpty()) {
        next.token(text.toString());
        text.setLength(0);
      }
    }
  }

  /**
   * {@code ByteFallback}: a run of tokens such as {@code <0x0A>} is text if all of it is UTF-8, else a U+FFFD for each.
   */
  static final class ByteFallback extends DecoderStage {
    private final DecoderStage next;
    private final Utf8Decoder decoder = new Utf8Decoder(Utf8Decoder.Malformed.ONE_PER_BYTE);
    private final StringBuilder run = new StringBuilder();
    private int length;
    private boolean damaged;

    ByteFallback(DecoderStage next) {
      this.next = next;
    }

    @Override
    void token(String token) {
      int value = byteOf(token);
      if (value < 0) {
        endRun();
        next.token(token);
        return;
      }
      length++;
      // A U+FFFD in the run may be the model's own: three bytes that are no error. Errors show in the decoder's count.
      int errors = decoder.errors();
      decoder.append((byte) value, run);
      damaged |= decoder.errors() > errors;
    }

    @Override
    void finish() {
      endRun();
      next.finish();
    }

    private void endRun() {
      if (length == 0) {
        return;
      }
      int errors = decoder.errors();
      decoder.finish(run);
      if (damaged || decoder.errors() > errors) {
        for (int i = 0; i < length; i++) {
          next.token("\uFFFD");
        }
      } else {
        next.token(run.toString());
      }
      run.setLength(0);
      length = 0;
      damaged = false;
    }

    private static int byteOf(String token) {
      if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
        return -1;
      }
      int high = Character.digit(token.charAt(3), 16);
      int low = Character.digit(token.charAt(4), 16);
      return high < 0 || low < 0 ? -1 : 16 * high + low;
    }
  }

  /** {@code Replace}, in each token. */
  static final class Replace extends DecoderStage {
    private final DecoderStage next;
    private final Normalizer replacement;

    Replace(DecoderStage next, Normalizer replacement) {
      this.next = next;
      this.replacement = replacement;
    }

    @Override
    void token(String token) {
      next.token(replacement.normalize(token));
    }

    @Override
    void finish() {
      next.finish();
    }
  }

  /** {@code Fuse}: all tokens are one; its parts go on as they come. */
  static final class Fuse extends DecoderStage {
    private final DecoderStage next;

    Fuse(DecoderStage next) {
      this.next = next;
    }

    @Override
    void token(String token) {
      next.token(token);
    }

    @Override
    void finish() {
      next.finish();
    }
  }

  /** {@code Strip}: drops up to so many of a character at a token's ends. */
  static final class Strip extends DecoderStage {
    private final DecoderStage next;
    private final int content;
    private final int start;
    private final int stop;
    private final boolean fused;
    private int left;

    /** @param fused whether all tokens are one, which is stripped at its start */
    Strip(DecoderStage next, int content, int start, int stop, boolean fused) {
      this.next = next;
      this.content = content;
      this.start = start;
      this.stop = stop;
      this.fused = fused;
      left = start;
    }

    @Override
    void token(String token) {
      int from = 0;
      int to = token.length();
      if (!fused) {
        left = start;
      }
      while (left > 0 && from < to && token.codePointAt(from) == content) {
        from += Character.charCount(content);
        left--;
      }
      if (from < to) {
        left = 0;
      }
      for (int i = 0; i < stop && from < to && token.codePointBefore(to) == content; i++) {
        to -= Character.charCount(content);
      }
      next.token(token.substring(from, to));
    }

    @Override
    void finish() {
      left = start;
      next.finish();
    }
  }

  /** {@code Metaspace}: marks become spaces; those of the first token go if the pre-tokenizer puts some there. */
  static final class FromMetaspace extends DecoderStage {
    private final DecoderStage next;
    private final Metaspace metaspace;
    private boolean first = true;

    FromMetaspace(DecoderStage next, Metaspace metaspace) {
      this.next = next;
      this.metaspace = metaspace;
    }

    @Override
    void token(String token) {
      boolean drops = first && metaspace.prefix() != Metaspace.Prefix.NEVER;
      first = false;
      next.token(token.replace(metaspace.replacement(), drops ? "" : " "));
    }

    @Override
    void finish() {
      first = true;
      next.finish();
    }
  }

  /**
   * {@code WordPiece}: tokens with the prefix go on a word, others begin one; {@code cleanup} closes gaps before marks.
   */
  static final class WordPiece extends DecoderStage {
    private static final String[][] CLEANUP = {
      {" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
      {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

    private final DecoderStage next;
    private final String prefix;
    private final boolean cleanup;
    private boolean first = true;

    WordPiece(DecoderStage next, String prefix, boolean cleanup) {
      this.next = next;
      this.prefix = prefix;
      this.cleanup = cleanup;
    }

    @Override
    void token(String token) {
      String text = first ? token : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
      first = false;
      if (cleanup) {
        for (String[] rule : CLEANUP) {
          text = text.replace(rule[0], rule[1]);
        }
      }
      next.token(text);
    }

    @Override
    void finish() {
      first = true;
      next.finish();
    }
  }
}
