package io.picaflor.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Stdout as UTF-8 whatever the locale says; a closed pipe ends the program well. */
final class Output {
  private final OutputStream stream;

  Output(OutputStream stream) {
    this.stream = stream;
  }

  /** The process's own stdout. */
  static Output standard() {
    return new Output(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
  }

  /** Writes text and hands it on at once, so that a reader sees each token. */
  void print(String text) {
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      throw new ClosedPipeException();
    }
  }

  /** Writes a line. */
  void println(String line) {
    print(line + "\n");
  }
}
