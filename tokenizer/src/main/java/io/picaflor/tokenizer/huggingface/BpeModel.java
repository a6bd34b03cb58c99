package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.ByteAlphabet;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PairMerger;
import io.picaflor.tokenizer.piece.RunMemo;
import io.picaflor.tokenizer.piece.Utf8Buffer;

/**
 * Byte-pair encoding by a list of merges, of bytes or of characters. Immutable.
 *
 * <p>A character without a piece becomes the pieces of its bytes ({@code byte_fallback}), else the unknown token, else
 * nothing.
 */
final class BpeModel implements Model {
  /**
   * What of a model's settings matters here.
   *
   * @param byteLevel    words are bytes, which the vocabulary writes in {@link ByteAlphabet}
   * @param byteFallback characters without a piece become pieces such as {@code <0x0A>}
   * @param ignoreMerges a word that is a piece is not merged
   * @param unknownId    or -1
   * @param fuseUnknown  neighbours without a piece are one unknown
   */
  record Rules(boolean byteLevel, boolean byteFallback, boolean ignoreMerges, int unknownId, boolean fuseUnknown) {}

  private static final int NO_ID = -1;

  private final Vocabulary vocabulary;
  private final MergeTable merges;
  private final Rules rules;
  // By byte: the piece of its character in byte-level vocabularies, of <0x..> in others; -1 if there is none.
  private final IntTable byteIds;

  BpeModel(Vocabulary vocabulary, MergeTable merges, Rules rules) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.rules = rules;
    byteIds = new IntTable(256);
    for (int b = 0; b < 256; b++) {
      byteIds.set(b, vocabulary.findInModel(
          rules.byteLevel() ? String.valueOf(ByteAlphabet.character(b)) : ByteAlphabet.fallbackPiece(b)));
    }
  }

  /** A model in its place. */
  BpeModel(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    rules = new Rules(form.flag(), form.flag(), form.flag(), form.number(NO_ID, vocabulary.size() - 1), form.flag());
    merges = new MergeTable(form);
    byteIds = IntTable.read(form, 256);
  }

  @Override
  public void writeContent(FormWriter form) {
    form.flag(rules.byteLevel());
    form.flag(rules.byteFallback());
    form.flag(rules.ignoreMerges());
    form.number(rules.unknownId());
    form.flag(rules.fuseUnknown());
    merges.write(form);
    byteIds.write(form);
  }

  @Override
  public Encoder newEncoder(IntList ids, boolean control) {
    return new Merger(ids, control);
  }

  private final class Merger extends PairMerger implements Encoder {
    private final IntList ids;
    private final boolean control;
    private final Utf8Buffer utf8 = new Utf8Buffer(64);
    private final Utf8Buffer mapped = new Utf8Buffer(64);
    private final RunMemo memo = new RunMemo();
    private boolean unknownPending;

    Merger(IntList ids, boolean control) {
      this.ids = ids;
      this.control = control;
    }

    @Override
    public void encode(String text, int from, int to) {
      utf8.truncate(0);
      utf8.append(text, from, to);
      if (memo.recall(utf8.bytes(), 0, utf8.length(), ids)) {
        return;
      }
      int first = ids.size();
      if (!rules.ignoreMerges() || !encodeWhole()) {
        encodeMerged();
      }
      memo.remember(utf8.bytes(), 0, utf8.length(), ids, first);
    }

    private void encodeMerged() {
      clear();
      if (rules.byteLevel()) {
        addBytes();
      } else {
        addCharacters();
      }
      addUnknown();
      merge();
      for (int i = 0; i < size(); i = next(i)) {
        ids.add(id(i));
      }
    }

    @Override
    protected long pair(int left, int right) {
      long merge = merges.find(id(left), id(right));
      return merge == MergeTable.NONE || !control && vocabulary.isControl((int) merge) ? NO_MERGE : merge;
    }

    private boolean encodeWhole() {
      int id;
      if (rules.byteLevel()) {
        mapped.truncate(0);
        for (int i = 0; i < utf8.length(); i++) {
          mapped.appendCodePoint(ByteAlphabet.character(utf8.bytes()[i] & 0xFF));
        }
        id = vocabulary.findInModel(mapped.bytes(), 0, mapped.length());
      } else {
        id = vocabulary.findInModel(utf8.bytes(), 0, utf8.length());
      }
      if (id < 0 || !control && vocabulary.isControl(id)) {
        return false;
      }
      ids.add(id);
      return true;
    }

    private void addBytes() {
      byte[] bytes = utf8.bytes();
      for (int i = 0; i < utf8.length(); i++) {
        addSymbol(byteIds.get(bytes[i] & 0xFF));
      }
    }

    private void addCharacters() {
      byte[] bytes = utf8.bytes();
      for (int at = 0; at < utf8.length();) {
        int length = Utf8Buffer.lengthOf(bytes[at]);
        int id = vocabulary.findInModel(bytes, at, length);
        if (id >= 0 && !control && vocabulary.isControl(id)) {
          id = NO_ID;
        }
        // The reference keeps a pending unknown token back over bytes, up to the next known character.
        if (id >= 0 || !addFallback(bytes, at, length)) {
          addSymbol(id);
        }
        at += length;
      }
    }

    private boolean addFallback(byte[] bytes, int at, int length) {
      if (!rules.byteFallback()) {
        return false;
      }
      for (int i = at; i < at + length; i++) {
        if (byteIds.get(bytes[i] & 0xFF) < 0) {
          return false;
        }
      }
      for (int i = at; i < at + length; i++) {
        add(0, 0, byteIds.get(bytes[i] & 0xFF));
      }
      return true;
    }

    private void addSymbol(int id) {
      if (id >= 0) {
        addUnknown();
        add(0, 0, id);
      } else if (rules.unknownId() >= 0) {
        if (!rules.fuseUnknown()) {
          addUnknown();
        }
        unknownPending = true;
      }
    }

    private void addUnknown() {
      if (unknownPending) {
        add(0, 0, rules.unknownId());
        unknownPending = false;
      }
    }
  }
}
