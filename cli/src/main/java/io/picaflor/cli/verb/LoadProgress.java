package io.picaflor.cli.verb;

import io.picaflor.PackingProgress;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Says on a terminal that a model is being loaded, once that takes long enough to wonder, with the seconds so far, and while
 * weights are packed how many percent of them; wipes the line when it is done. Anywhere but on a terminal it says nothing.
 */
final class LoadProgress implements AutoCloseable, PackingProgress {
  private static final long PATIENCE_MILLIS = 800;
  private static final long PAUSE_MILLIS = 250;
  private static final String WIPE_LINE = "\r\u001b[K";

  private final PrintStream terminal;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread speaker;

  /** Percent of the weights that are packed; less than 0 while none are. */
  private volatile int percent = -1;

  private LoadProgress(PrintStream terminal, String name, long patienceMillis) {
    this.terminal = terminal;
    this.speaker = Thread.ofPlatform().daemon().name("picaflor-progress").unstarted(() -> speak(name, patienceMillis));
  }

  /** Begins to watch a load, if there is a terminal to speak to. */
  static LoadProgress begin(String name) {
    boolean onTerminal =
        System.console() != null && System.console().isTerminal() && !"dumb".equals(System.getenv("TERM"));
    return begin(onTerminal ? System.err : null, name, PATIENCE_MILLIS);
  }

  /** The same with the terminal named; {@code null} for none. */
  static LoadProgress begin(PrintStream terminal, String name, long patienceMillis) {
    LoadProgress progress = new LoadProgress(terminal, name, patienceMillis);
    if (terminal != null) {
      progress.speaker.start();
    }
    return progress;
  }

  private void speak(String name, long patienceMillis) {
    long start = System.nanoTime();
    try {
      boolean spoken = false;
      for (long wait = patienceMillis; !done.await(wait, TimeUnit.MILLISECONDS); wait = PAUSE_MILLIS) {
        int packed = percent;
        terminal.print(
            WIPE_LINE + "loading " + name + ", " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + " s"
                + (packed < 0 ? "" : ", " + packed + " % of the weights packed"));
        terminal.flush();
        spoken = true;
      }
      if (spoken) {
        terminal.print(WIPE_LINE);
        terminal.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void packed(long doneBytes, long totalBytes) {
    percent = (int) (100 * doneBytes / Math.max(1, totalBytes));
  }

  /** The load has ended; returns once the line is wiped. */
  @Override
  public void close() {
    done.countDown();
    try {
      speaker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
