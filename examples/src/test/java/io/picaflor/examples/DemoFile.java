package io.picaflor.examples;

import java.nio.file.Files;
import java.nio.file.Path;

/** The demo model, from where the program's module keeps it. */
final class DemoFile {
  private static final Path FILE = Path.of("../cli/src/main/resources/io/picaflor/cli/verb/demo_q8.litertlm");

  private DemoFile() {}

  static Path path() {
    if (!Files.exists(FILE)) {
      throw new IllegalStateException("the demo model is part of the checkout, but is not at " + FILE.toAbsolutePath());
    }
    return FILE;
  }
}
