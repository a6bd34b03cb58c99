package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.PieceIndex;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.nio.ByteBuffer;
import java.util.List;

/** The pieces of a tokenizer.json, the model's and the added tokens, by id and by text. Immutable. */
final class Vocabulary {
  private static final int OF_MODEL = 1;
  private static final int CONTROL = 2;
  private static final int SPECIAL = 4;

  private final PieceTable pieces;
  private final PieceIndex index;
  // By id: whether the model has it, and whether it is a control or a special token.
  private final ByteBuffer kinds;

  Vocabulary(PieceList model, List<AddedToken> added) throws TokenizerFormatException {
    int size = model.largestId() + 1;
    int extra = 0;
    for (AddedToken token : added) {
      size = Math.max(size, token.id() + 1);
      extra += token.content().length();
    }
    // A hole costs a few bytes, so that a single large id must not ask for gigabytes.
    long most = 4L * (model.count() + added.size()) + 65_536;
    if (size > most) {
      throw new TokenizerFormatException("tokenizer.json: the largest id is " + (size - 1) + ", but there are only "
          + (model.count() + added.size()) + " pieces");
    }
    int[] entryOf = model.entriesById(size);
    AddedToken[] addedOnly = new AddedToken[size];
    for (AddedToken token : added) {
      addedOnly[token.id()] = token;
    }
    PieceTable.Builder builder = new PieceTable.Builder(size, model.byteCount() + extra);
    kinds = ByteBuffer.allocate(size);
    for (int id = 0; id < size; id++) {
      if (entryOf[id] >= 0) {
        builder.add(model.bytes(), model.start(entryOf[id]), model.length(entryOf[id]));
        kinds.put(id, (byte) OF_MODEL);
      } else {
        Utf8Buffer text = new Utf8Buffer(16);
        if (addedOnly[id] != null) {
          text.append(addedOnly[id].content(), 0, addedOnly[id].content().length());
        }
        builder.add(text.bytes(), 0, text.length());
      }
    }
    pieces = builder.build();
    index = new PieceIndex(pieces, size);
    for (int id = 0; id < size; id++) {
      int same = pieces.length(id) == 0 ? -1 : index.add(id);
      if (same >= 0) {
        throw new TokenizerFormatException("tokenizer.json: ids " + same + " and " + id + " are both '"
            + pieces.text(id) + "'");
      }
    }
    for (AddedToken token : added) {
      if (!pieces.text(token.id()).equals(token.content())) {
        throw new TokenizerFormatException("tokenizer.json: the added token '" + token.content() + "' has the id "
            + token.id()
            + ", which is '" + pieces.text(token.id()) + "'");
      }
      int flags = (token.special() ? SPECIAL : 0) | (token.isControl() ? CONTROL : 0);
      kinds.put(token.id(), (byte) (kinds.get(token.id()) & OF_MODEL | flags));
    }
  }

  /** A vocabulary in its place. */
  Vocabulary(FormReader form) throws TokenizerFormatException {
    pieces = PieceTable.read(form);
    index = PieceIndex.read(form, pieces);
    kinds = form.table(pieces.size());
  }

  void write(FormWriter form) {
    pieces.write(form);
    index.write(form);
    form.table(kinds);
  }

  int size() {
    return pieces.size();
  }

  PieceTable pieces() {
    return pieces;
  }

  /** The id of a piece of the model, or -1; as {@link PieceIndex#find}. */
  int findInModel(byte[] text, int from, int length) {
    int id = index.find(text, from, length);
    return id >= 0 && isOfModel(id) ? id : -1;
  }

  /** The id of a piece of the model, or -1. */
  int findInModel(String piece) {
    int id = find(piece);
    return id >= 0 && isOfModel(id) ? id : -1;
  }

  int find(String piece) {
    Utf8Buffer utf8 = new Utf8Buffer(piece.length());
    utf8.append(piece, 0, piece.length());
    return index.find(utf8.bytes(), 0, utf8.length());
  }

  boolean isOfModel(int id) {
    return (kinds.get(id) & OF_MODEL) != 0;
  }

  /** Whether the id is a control token: untrusted text must not become it. */
  boolean isControl(int id) {
    return (kinds.get(id) & CONTROL) != 0;
  }

  boolean isSpecial(int id) {
    return (kinds.get(id) & SPECIAL) != 0;
  }
}
