package io.picaflor.session;

import io.picaflor.SessionFormatException;
import io.picaflor.kvcache.KvContents;
import io.picaflor.kvcache.KvTransfer;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A file with a session's tokens and what the model remembers of them ({@code docs/saved-sessions.md}), opened to be gone on
 * with. Of the file nothing is believed that does not fit its length and its checksums.
 *
 * <p>One thread at a time; {@link #close} closes the file.
 */
public final class SavedSession implements AutoCloseable {
  private static final int PIECE_BYTES = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final SavedHeader header;
  private final long headerBytes;
  private final long fileBytes;

  private SavedSession(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.fileBytes = channel.size();
    if (fileBytes < SavedHeader.FIXED_BYTES) {
      throw new SessionFormatException(file.toString(), "is no saved session, or cut: it has " + fileBytes + " bytes");
    }
    ByteBuffer fixed = littleEndian(SavedHeader.FIXED_BYTES);
    fill(fixed);
    headerBytes = SavedHeader.length(file.toString(), fixed.flip(), fileBytes);
    ByteBuffer all = littleEndian((int) headerBytes).put(fixed);
    fill(all);
    header = SavedHeader.of(file.toString(), all.flip());
    requireWhole();
  }

  /** All rows and states are there, with their checksum behind them. */
  private void requireWhole() throws IOException {
    long expected;
    try {
      expected = Math.addExact(headerBytes + SavedHeader.CHECKSUM_BYTES, header.contents().bytes());
    } catch (ArithmeticException e) {
      throw refused("is damaged: it tells of more bytes than there can be");
    }
    if (fileBytes != expected) {
      throw refused(
          (fileBytes < expected ? "is cut: " : "is damaged: ") + "expected " + expected + " bytes, found " + fileBytes);
    }
    CRC32C checksum = new CRC32C();
    ByteBuffer piece = littleEndian((int) Math.min(PIECE_BYTES, fileBytes));
    for (long left = header.contents().bytes(); left > 0; left -= piece.limit()) {
      fill(piece.clear().limit((int) Math.min(left, piece.capacity())));
      checksum.update(piece.flip());
    }
    fill(piece.clear().limit(SavedHeader.CHECKSUM_BYTES));
    if (piece.flip().getInt() != (int) checksum.getValue()) {
      throw refused("is damaged: its keys and values do not have the checksum that it tells");
    }
  }

  /**
   * Opens a file, reads its beginning and checks that all of it is there.
   *
   * @throws SessionFormatException if it is no saved session, or a damaged one
   * @throws IOException if it cannot be read
   */
  public static SavedSession open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new SavedSession(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Refuses the session of another model.
   *
   * @param model the model's {@link io.picaflor.model.Fingerprint}
   * @param mostTokens the longest context that it can have
   * @param vocabularySize token ids are 0 to this number less one
   * @throws SessionFormatException says what does not fit
   */
  public void requireOf(byte[] model, int mostTokens, int vocabularySize) throws SessionFormatException {
    if (!Arrays.equals(model, header.model())) {
      throw refused("was saved with another model; load the model file that it was saved with");
    }
    if (header.contextLength() < 1 || header.contextLength() > mostTokens) {
      throw refused("has a context of " + header.contextLength() + " tokens, expected 1 to " + mostTokens);
    }
    if (header.tokens().length > header.contextLength()) {
      throw refused("has " + header.tokens().length + " tokens in a context of " + header.contextLength());
    }
    for (int token : header.tokens()) {
      if (token < 0 || token >= vocabularySize) {
        throw refused("has the token " + token + ", which is outside the vocabulary of " + vocabularySize);
      }
    }
  }

  /** The most tokens that the session holds. */
  public int contextLength() {
    return header.contextLength();
  }

  /** The session's tokens, oldest first. */
  public int[] tokens() {
    return header.tokens().clone();
  }

  /**
   * Gives an empty context what the saved one remembers. If that fails, the context stays empty.
   *
   * @throws SessionFormatException if the context keeps other things
   */
  public void restore(KvTransfer transfer) throws IOException {
    KvContents contents = header.contents();
    Optional<String> obstacle = transfer.obstacle(contents);
    if (obstacle.isPresent()) {
      throw refused(obstacle.get() + "; load the model with the options that it had when the session was saved");
    }
    channel.position(headerBytes);
    transfer.restore(contents, segment -> fill(segment.asByteBuffer()));
  }

  private void fill(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException(file + ": was cut while it was read");
      }
    }
  }

  private SessionFormatException refused(String problem) {
    return new SessionFormatException(file.toString(), problem);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Saves a session. The file is there as a whole or not at all: it takes the place of an older one once it is on the disk. Only
   * its owner may read it, where the file system knows of owners.
   *
   * @param model the {@link io.picaflor.model.Fingerprint} of the model's file
   * @param contextLength the most tokens that the session holds
   * @param tokens the context's ids, oldest first
   * @param transfer what the model remembers of a prefix of them; empty if that is not kept
   */
  public static void save(Path file, byte[] model, int contextLength, int[] tokens, Optional<KvTransfer> transfer)
      throws IOException {
    KvContents contents = transfer.map(KvTransfer::contents).orElse(KvContents.NONE);
    SavedHeader header = new SavedHeader(model, contextLength, tokens, contents);
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "there is no such folder to save a session in");
    }
    Path temporary = Files.createTempFile(folder, ".picaflor-session-", ".tmp"); // for the owner only
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        write(channel, header.bytes());
        CRC32C checksum = new CRC32C();
        if (transfer.isPresent()) {
          transfer.get().save(contents, segment -> write(channel, segment, checksum));
        }
        write(channel, littleEndian(SavedHeader.CHECKSUM_BYTES).putInt((int) checksum.getValue()).flip());
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void write(FileChannel channel, MemorySegment segment, CRC32C checksum) throws IOException {
    ByteBuffer bytes = segment.asByteBuffer();
    checksum.update(bytes.duplicate());
    write(channel, bytes);
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
