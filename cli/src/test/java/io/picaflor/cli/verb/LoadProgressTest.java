package io.picaflor.cli.verb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A long load is spoken of on a terminal, a short one and any other stream are not. */
class LoadProgressTest {
  /** A terminal that lets the test wait until something was said. */
  private static final class Terminal extends PrintStream {
    private final ByteArrayOutputStream screen;
    private final CountDownLatch spoken = new CountDownLatch(1);
    private final CountDownLatch spokenTwice = new CountDownLatch(2);

    Terminal(ByteArrayOutputStream screen) {
      super(screen, true, StandardCharsets.UTF_8);
      this.screen = screen;
    }

    @Override
    public void flush() {
      super.flush();
      spoken.countDown();
      spokenTwice.countDown();
    }

    String text() {
      return screen.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void aLongLoadIsNamedAndItsLineWipedInTheEnd() throws InterruptedException {
    Terminal terminal = new Terminal(new ByteArrayOutputStream());
    try (LoadProgress _ = LoadProgress.begin(terminal, "big.litertlm", 1)) {
      terminal.spoken.await();
    }
    assertTrue(terminal.text().startsWith("\r\u001b[Kloading big.litertlm, 0 s"), terminal.text());
    assertTrue(terminal.text().endsWith("\r\u001b[K"), terminal.text());
  }

  @Test
  void whilePackingItSaysHowFarItHasCome() throws InterruptedException {
    Terminal terminal = new Terminal(new ByteArrayOutputStream());
    try (LoadProgress progress = LoadProgress.begin(terminal, "big.litertlm", 1)) {
      progress.packed(43, 100);
      terminal.spokenTwice.await();
    }
    assertTrue(terminal.text().contains(" s, 43 % of the weights packed"), terminal.text());
  }

  @Test
  void aShortLoadIsNotSpokenOf() {
    Terminal terminal = new Terminal(new ByteArrayOutputStream());
    LoadProgress.begin(terminal, "small.litertlm", 60_000).close();
    assertEquals("", terminal.text());
  }

  @Test
  void withoutATerminalNothingHappens() {
    LoadProgress.begin(null, "any.litertlm", 0).close();
    assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("picaflor-progress")));
  }
}
