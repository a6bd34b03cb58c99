package io.picaflor.cli.verb;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Stdout as UTF-8 whatever the locale says; a closed pipe ends the program well. */
public final class Output {
  private final PrintStream stream;

  Output(PrintStream stream) {
    this.stream = stream;
  }

  /** The process's own stdout. */
  public static Output standard() {
    return new Output(System.out);
  }

  /** Writes text and hands it on at once, so that a reader sees each token. */
  public void print(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    stream.write(bytes, 0, bytes.length);
    if (stream.checkError()) { // flushes; a print stream keeps its exceptions to itself
      throw new ClosedPipeException();
    }
  }

  /** Writes a line. */
  public void println(String line) {
    print(line + "\n");
  }
}
