package io.picaflor.weightcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Memory stays as long as anybody holds a lease. */
class LeasedMemoryTest {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment = arena.allocate(1);
  private final LeasedMemory memory = new LeasedMemory(arena::close);

  @Test
  void closingWaitsForTheLastLeaseAndRefusesNewOnes() throws InterruptedException {
    Lease first = memory.acquire();
    Lease second = memory.acquire();
    assertSame(first, second, "a lease allocates nothing");
    Thread closer = Thread.ofPlatform().start(memory::close);
    while (closer.isAlive() && closer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThrows(IllegalStateException.class, memory::acquire);
    first.close();
    assertEquals(0, segment.get(JAVA_BYTE, 0));
    second.close();
    closer.join();
    assertThrows(IllegalStateException.class, () -> segment.get(JAVA_BYTE, 0));
    memory.close();
  }

  @Test
  void anInterruptDoesNotFreeMemoryThatIsInUse() throws InterruptedException {
    Lease lease = memory.acquire();
    boolean[] interrupted = new boolean[1];
    Thread closer = Thread.ofPlatform().start(() -> {
      memory.close();
      interrupted[0] = Thread.currentThread().isInterrupted();
    });
    closer.interrupt();
    while (closer.isAlive() && (closer.getState() != Thread.State.WAITING || closer.isInterrupted())) {
      Thread.onSpinWait();
    }
    assertEquals(0, segment.get(JAVA_BYTE, 0));
    lease.close();
    closer.join();
    assertTrue(interrupted[0], "and is not forgotten");
  }

  @Test
  void manyThreadsTakeAndGiveBackWhileOneCloses() throws InterruptedException {
    Thread[] users = new Thread[4];
    boolean[] wrong = new boolean[users.length];
    for (int i = 0; i < users.length; i++) {
      int user = i;
      users[i] = Thread.ofPlatform().start(() -> {
        try {
          while (true) {
            try (Lease _ = memory.acquire()) {
              segment.get(JAVA_BYTE, 0);
            } catch (IllegalStateException e) {
              wrong[user] = !e.getMessage().equals("packed blobs are closed");
              return;
            }
          }
        } catch (RuntimeException e) {
          wrong[user] = true;
        }
      });
    }
    memory.close();
    for (Thread user : users) {
      user.join();
    }
    for (boolean failed : wrong) {
      assertEquals(false, failed, "memory was freed under a lease");
    }
  }

  @Test
  void givingBackTooOftenIsAnError() {
    Lease lease = memory.acquire();
    lease.close();
    assertThrows(IllegalStateException.class, lease::close);
    memory.close();
    assertThrows(IllegalStateException.class, lease::close);
  }
}
