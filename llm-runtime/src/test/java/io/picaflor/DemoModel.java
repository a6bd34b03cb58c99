package io.picaflor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The embedded demo model, from where the program's module keeps it. */
public final class DemoModel {
  private static final Path FILE = Path.of("../cli/src/main/resources/io/picaflor/cli/verb/demo_q8.litertlm");

  /** {@code Tell me a story about a fox}, through the file's template. */
  public static final int[] PROMPT = {2, 4, 358, 277, 6, 648, 342, 265, 369, 377, 265, 1480, 5, 6, 4, 1969, 1299, 6};

  /** What LiteRT answers to it, the best token at each step. */
  public static final int[] ANSWER =
      {865, 704, 265, 526, 1973, 406, 286, 265, 432, 1480, 1965, 705, 408, 286, 800, 1973};

  private DemoModel() {}

  public static Path path() {
    if (!Files.exists(FILE)) {
      throw new IllegalStateException("the demo model is part of the checkout, but is not at " + FILE.toAbsolutePath());
    }
    return FILE;
  }

  static Model load() throws IOException {
    return Model.load(path(), ModelOptions.DEFAULT.withThreads(2));
  }
}
