package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import io.picaflor.tokenizer.piece.Utf8Buffer;

/**
 * The longest piece from the left, again and again; pieces inside a word carry a prefix such as {@code ##} in the
 * vocabulary. A word that cannot be cut so, or is too long, is one unknown. Immutable.
 */
final class WordPieceModel implements Model {
  private final Vocabulary vocabulary;
  private final PieceTrie trie;
  private final int insideNode;
  private final int unknownId;
  private final int longestWord;

  /** @param longestWord in code points */
  WordPieceModel(Vocabulary vocabulary, String insidePrefix, int unknownId, int longestWord)
      throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    this.unknownId = unknownId;
    this.longestWord = longestWord;
    trie = new PieceTrie();
    PieceTable pieces = vocabulary.pieces();
    for (int id = 0; id < pieces.size(); id++) {
      if (vocabulary.isOfModel(id) && pieces.length(id) > 0) {
        trie.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
      }
    }
    Utf8Buffer prefix = new Utf8Buffer(8);
    prefix.append(insidePrefix, 0, insidePrefix.length());
    int node = 0;
    for (int i = 0; i < prefix.length() && node != PieceTrie.NONE; i++) {
      node = trie.child(node, prefix.bytes()[i]);
    }
    insideNode = node;
  }

  /** A model in its place. */
  WordPieceModel(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    trie = PieceTrie.read(form);
    insideNode = form.number(PieceTrie.NONE, Integer.MAX_VALUE);
    unknownId = form.number(0, vocabulary.size() - 1);
    longestWord = form.number(0, Integer.MAX_VALUE);
  }

  @Override
  public void writeContent(FormWriter form) {
    trie.write(form);
    form.number(insideNode);
    form.number(unknownId);
    form.number(longestWord);
  }

  @Override
  public Encoder newEncoder(IntList ids, boolean control) {
    Utf8Buffer utf8 = new Utf8Buffer(64);
    IntList found = new IntList(16);
    return (text, from, to) -> {
      utf8.truncate(0);
      utf8.append(text, from, to);
      found.clear();
      if (text.codePointCount(from, to) > longestWord || !cut(utf8, control, found)) {
        ids.add(unknownId);
        return;
      }
      for (int i = 0; i < found.size(); i++) {
        ids.add(found.get(i));
      }
    };
  }

  private boolean cut(Utf8Buffer word, boolean control, IntList found) {
    byte[] bytes = word.bytes();
    int at = 0;
    while (at < word.length()) {
      int node = at == 0 ? 0 : insideNode;
      int id = -1;
      int idEnd = at;
      for (int end = at + 1; end <= word.length() && node != PieceTrie.NONE; end++) {
        node = trie.child(node, bytes[end - 1]);
        if (node != PieceTrie.NONE && trie.id(node) >= 0 && (control || !vocabulary.isControl(trie.id(node)))) {
          id = trie.id(node);
          idEnd = end;
        }
      }
      if (id < 0) {
        return false;
      }
      found.add(id);
      at = idEnd;
    }
    return true;
  }
}
