package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.platform.CpuMask;
import io.picaflor.platform.ThreadUsage;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Whether a thread has its CPU to itself. */
class PresenceTest {
  private static final long MS = 1_000_000;

  @Test
  void aThreadThatIsMadeToStopForHalfOfItsTimeIsCrowded() {
    assertTrue(Presence.isCrowded(8 * MS, 4 * MS, 1));
    assertFalse(Presence.isCrowded(8 * MS, 7 * MS, 3), "a short stop is common");
    assertFalse(Presence.isCrowded(8 * MS, 1 * MS, 0), "it stopped by itself");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  @Timeout(60)
  void twoThreadsOnOneCpuCrowdEachOther() throws InterruptedException {
    CpuMask before = CpuMask.ofCurrentThread().orElseThrow();
    BitSet first = new BitSet();
    first.set(before.cpus().nextSetBit(0));
    AtomicBoolean end = new AtomicBoolean();
    Thread other = Thread.ofPlatform().daemon().start(() -> {
      CpuMask.of(first).orElseThrow().bindCurrentThread();
      while (!end.get()) {
        Thread.onSpinWait();
      }
    });
    try {
      CpuMask.of(first).orElseThrow().bindCurrentThread();
      Presence presence = new Presence(ThreadUsage.create().orElseThrow());
      presence.begin(System.nanoTime());
      while (!presence.isCrowded(System.nanoTime())) {
        Thread.onSpinWait();
      }
    } finally {
      end.set(true);
      before.bindCurrentThread();
    }
    other.join();
  }
}
