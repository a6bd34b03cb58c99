package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import java.io.IOException;
import java.util.Locale;

/** Says what a file is that is no model file of ours: the usual accidents of downloads, and other runtimes' formats. */
final class ForeignFile {
  private static final int LOOK = 512;

  private ForeignFile() {}

  static IOException refusal(Bytes bytes) throws ModelFormatException {
    if (bytes.size() == 0) {
      return bytes.broken(0, "the file is empty; " + FileSource.EXPECTED + "; is the download complete?");
    }
    String start = bytes.utf8(0, Math.min(LOOK, bytes.size()), LOOK, "the file's start");
    String lower = start.stripLeading().toLowerCase(Locale.ROOT);
    if (start.startsWith("version https://git-lfs")) {
      return bytes.broken(0, "the file is a Git LFS pointer, not the model itself; run 'git lfs pull' to get it");
    }
    if (lower.startsWith("<!doctype html") || lower.startsWith("<html")) {
      return bytes.broken(0, "the file is a web page (HTML), not a model; the download may need a login or a licence");
    }
    if (start.startsWith("GGUF")) {
      return new UnsupportedModelException(bytes.file(),
          "is a GGUF file, which is llama.cpp's format; " + FileSource.EXPECTED);
    }
    if (start.startsWith("\u001f")) {
      return bytes.broken(0, "the file may be compressed (gzip); unpack it first; " + FileSource.EXPECTED);
    }
    if (bytes.size() < 8) {
      return bytes.broken(0, "the file has only " + bytes.size() + " bytes; " + FileSource.EXPECTED
          + "; is the download complete?");
    }
    if (start.chars().allMatch(c -> c >= ' ' && c != 0xFFFD && c != 0x7F || Character.isWhitespace(c))) {
      return bytes.broken(0, "the file is text that starts with " + quote(bytes, 0, Math.min(20, bytes.size())) + "; "
          + FileSource.EXPECTED);
    }
    return bytes.broken(0, FileSource.EXPECTED
        + ", which start with LITERTLM, PK or have TFL3 at the fifth byte; found " + quote(bytes, 0, 8));
  }

  /** Bytes for a message: as text where they are printable, else in hexadecimal. */
  static String quote(Bytes bytes, long offset, long length) throws ModelFormatException {
    var text = new StringBuilder("'");
    var hex = new StringBuilder();
    boolean printable = true;
    for (long i = offset; i < offset + length; i++) {
      int b = bytes.u8(i);
      printable &= b >= ' ' && b < 0x7F || b == '\n' || b == '\r' || b == '\t';
      text.append(b < ' ' ? ' ' : (char) b);
      hex.append(hex.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%02X", b));
    }
    return printable ? text.append('\'').toString() : "the bytes " + hex;
  }
}
