package io.picaflor.session;

import io.picaflor.SessionFormatException;
import io.picaflor.kvcache.KvContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The beginning of a saved session: whose it is, its tokens, and what follows. {@code docs/saved-sessions.md} has the bytes.
 *
 * @param model the {@link io.picaflor.model.Fingerprint} of the model's file
 * @param contextLength the most tokens that the session holds
 * @param tokens the context's ids, oldest first
 * @param contents what of the first tokens is remembered
 */
record SavedHeader(byte[] model, int contextLength, int[] tokens, KvContents contents) {
  static final int VERSION = 1;

  /** Bytes up to the tokens; they say how long all of it is. */
  static final int FIXED_BYTES = 68;

  static final int CHECKSUM_BYTES = 4;

  /** "PICASES", and an end of line that a transfer as text would change. */
  private static final long MAGIC = 0x0A53_4553_4143_4950L;

  private static final int MODEL_BYTES = 32;
  private static final int BUFFER_BYTES = 12;
  private static final int STATE_BYTES = 8;

  /** All of the header, its checksum at the end. */
  ByteBuffer bytes() {
    int length = Math.toIntExact(length(tokens.length, contents.buffers().size(), contents.stateBytes().size()));
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(MAGIC).putInt(VERSION).putInt(length).put(model).putInt(contextLength).putInt(tokens.length)
        .putInt(contents.position()).putInt(contents.buffers().size()).putInt(contents.stateBytes().size());
    for (int token : tokens) {
      bytes.putInt(token);
    }
    for (KvContents.Rows rows : contents.buffers()) {
      bytes.putInt(rows.first()).putInt(rows.numbers()).putInt(rows.numberBytes());
    }
    contents.stateBytes().forEach(bytes::putLong);
    bytes.putInt(checksum(bytes.slice(0, bytes.position())));
    return bytes.flip();
  }

  private static long length(int tokens, int buffers, int states) {
    return FIXED_BYTES + (long) Integer.BYTES * tokens + (long) BUFFER_BYTES * buffers + (long) STATE_BYTES * states
        + CHECKSUM_BYTES;
  }

  /**
   * The header's length, from its beginning.
   *
   * @param file what messages call it
   * @param fixed the file's first {@link #FIXED_BYTES}
   * @param most the file's length
   * @throws SessionFormatException if that is no header of ours
   */
  static int length(String file, ByteBuffer fixed, long most) throws SessionFormatException {
    if (fixed.getLong(0) != MAGIC) {
      throw new SessionFormatException(file, "is no saved session");
    }
    int version = fixed.getInt(8);
    if (version != VERSION) {
      throw new SessionFormatException(file,
          "was saved in version " + version + " of the format, this program reads version " + VERSION
              + "; save the session anew");
    }
    int tokens = fixed.getInt(52);
    int buffers = fixed.getInt(60);
    int states = fixed.getInt(64);
    int length = fixed.getInt(12);
    if (tokens < 0 || buffers < 0 || states < 0 || length != length(tokens, buffers, states)) {
      throw new SessionFormatException(file, "is damaged: " + tokens + " tokens, " + buffers + " buffers and " + states
          + " states do not make a header of " + length + " bytes");
    }
    if (length > most) {
      throw new SessionFormatException(file, "is cut: its header has " + length + " bytes, the file " + most);
    }
    return length;
  }

  /**
   * Reads all of a header.
   *
   * @param file what messages call it
   * @throws SessionFormatException if it is damaged
   */
  static SavedHeader of(String file, ByteBuffer bytes) throws SessionFormatException {
    int end = bytes.limit() - CHECKSUM_BYTES;
    if (bytes.getInt(end) != checksum(bytes.slice(0, end))) {
      throw new SessionFormatException(file, "is damaged: its header does not have the checksum that it tells");
    }
    byte[] model = new byte[MODEL_BYTES];
    bytes.get(16, model);
    int[] tokens = new int[bytes.getInt(52)];
    bytes.position(FIXED_BYTES);
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = bytes.getInt();
    }
    List<KvContents.Rows> rows = new ArrayList<>();
    List<Long> states = new ArrayList<>();
    try {
      for (int i = 0; i < bytes.getInt(60); i++) {
        rows.add(new KvContents.Rows(bytes.getInt(), bytes.getInt(), bytes.getInt()));
      }
      for (int i = 0; i < bytes.getInt(64); i++) {
        states.add(bytes.getLong());
      }
      int position = bytes.getInt(56);
      if (position < 0 || position > tokens.length) {
        throw new SessionFormatException(file,
            "is damaged: " + position + " of " + tokens.length + " tokens have been computed");
      }
      return new SavedHeader(model, bytes.getInt(48), tokens, new KvContents(position, rows, states));
    } catch (IllegalArgumentException e) {
      throw new SessionFormatException(file, "is damaged: " + e.getMessage());
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return (int) checksum.getValue();
  }
}
