package io.picaflor.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The model file that is measured, named so that another measurement can be known to be of the same.
 *
 * <p>Hashed when asked for the first time, which is after the first measurement: a file just read loads faster.
 */
final class MeasuredFile {
  /** Large enough that a read's own cost does not show. */
  private static final int CHUNK_BYTES = 1 << 20;

  private final Path path;
  private String sha256;

  /** A file; {@code null} for the demo model, which is part of the program. */
  MeasuredFile(Path path) {
    this.path = path;
  }

  /** The file's name without its folder. */
  String name() {
    return path == null ? "demo model" : path.getFileName().toString();
  }

  /** Its size; 0 for the demo model. */
  long bytes() {
    try {
      return path == null ? 0 : Files.size(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hash of its content; empty for the demo model, which the program's version tells. */
  String sha256() {
    if (sha256 == null) {
      sha256 = path == null ? "" : hash(path);
    }
    return sha256;
  }

  private static String hash(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        digest.update(chunk, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
