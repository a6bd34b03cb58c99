package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model file that is cut while it is mapped. Where a kernel reads it without {@code Lanes.markFaults}, this test does not
 * fail but ends the JVM that runs it.
 */
class CutWhileInUseTest {
  private static final GenerationOptions LONG =
      GenerationOptions.GREEDY.withMaxNewTokens(400).withIgnoreStopTokens(true);

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows does not let a mapped file be cut")
  void isOneClearExceptionAndNoCrash(@TempDir Path folder) throws IOException {
    Path file = Files.copy(DemoModel.path(), folder.resolve("demo.litertlm"));
    try (Model model = Model.load(file)) {
      // Enough tokens, in a prompt and one by one, for the kernels to be compiled: faults in machine code are what matters.
      for (int round = 0; round < 3; round++) {
        try (Session session = model.newSession()) {
          generate(session);
        }
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(100_000);
      }
      try (Session session = model.newSession()) {
        var e = assertThrows(UncheckedIOException.class, () -> generate(session));
        ModelFormatException cause = assertInstanceOf(ModelFormatException.class, e.getCause());
        assertEquals(file.toString(), cause.file());
        assertTrue(cause.getMessage().contains("the file changed while it was in use"), cause.getMessage());
      }
    }
  }

  private static void generate(Session session) {
    try (TokenStream tokens = session.generate("the fox and the owl ".repeat(10), LONG)) {
      tokens.forEachRemaining(token -> {});
    }
  }
}
