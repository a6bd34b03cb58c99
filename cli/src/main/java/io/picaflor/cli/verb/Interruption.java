package io.picaflor.cli.verb;

import io.picaflor.TokenStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Lets Ctrl-C and SIGTERM end a generation cleanly: the stream stops before its next step, what was said stays, and the JVM
 * ends with the signal's own status (130, 143).
 */
public final class Interruption {
  /** Longer than one step takes; then the program ends without waiting. */
  private static final long PATIENCE_SECONDS = 10;

  private static final AtomicReference<TokenStream> RUNNING = new AtomicReference<>();
  private static final AtomicBoolean PREPARED = new AtomicBoolean();
  private static final CountDownLatch FINISHED = new CountDownLatch(1);

  private Interruption() {}

  /** Watches a stream until another one is watched, or none. */
  public static void watch(TokenStream stream) {
    RUNNING.set(stream);
    if (!PREPARED.getAndSet(true)) {
      Runtime.getRuntime().addShutdownHook(new Thread(Interruption::stop, "picaflor-interruption"));
    }
  }

  /** Nothing is running: a signal ends the program at once. */
  public static void watchNone() {
    RUNNING.set(null);
  }

  /** The main thread has written everything. */
  public static void finished() {
    FINISHED.countDown();
  }

  private static void stop() {
    TokenStream stream = RUNNING.get();
    if (stream == null) {
      return;
    }
    stream.cancel();
    try {
      FINISHED.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
