package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The right to build one family, which one thread of one process has at a time.
 *
 * <p>Within the process a semaphore stands before the file lock: a second lock on one file in one JVM throws, and on Unix the
 * first close of any channel on the file would give the lock up. The system frees the lock of a killed process. The lock
 * file stays for ever: were it removed, two builders could hold locks on two files of one name.
 */
final class BuildLock implements AutoCloseable {
  private static final ConcurrentHashMap<Path, Semaphore> IN_PROCESS = new ConcurrentHashMap<>();
  private static final long FIRST_PAUSE_NANOS = 1_000_000;
  private static final long LONGEST_PAUSE_NANOS = 20_000_000;

  private final Semaphore inProcess;
  private final FileChannel channel;
  private final AtomicBoolean open = new AtomicBoolean(true);

  private BuildLock(Semaphore inProcess, FileChannel channel) {
    this.inProcess = inProcess;
    this.channel = channel;
  }

  /**
   * Takes the lock, or gives up at the deadline.
   *
   * @return nothing if somebody else has held it all the time
   * @throws IOException if the lock file cannot be made
   */
  static Optional<BuildLock> acquire(Path lockFile, FilePermissions permissions, Duration deadline) throws IOException {
    long end = System.nanoTime() + deadline.toNanos();
    Path folder = lockFile.toAbsolutePath().getParent().toRealPath();
    Semaphore inProcess = IN_PROCESS.computeIfAbsent(folder.resolve(lockFile.getFileName()), _ -> new Semaphore(1));
    if (!acquire(inProcess, deadline)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    try {
      channel =
          permissions.open(lockFile, StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);
      if (acquire(channel, end)) {
        BuildLock lock = new BuildLock(inProcess, channel);
        channel = null;
        return Optional.of(lock);
      }
      inProcess.release();
      return Optional.empty();
    } catch (IOException | RuntimeException | Error e) {
      inProcess.release();
      throw e;
    } finally {
      if (channel != null) {
        channel.close();
      }
    }
  }

  private static boolean acquire(Semaphore inProcess, Duration deadline) {
    try {
      return inProcess.tryAcquire(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Asks again and again: a blocking call has no deadline. */
  private static boolean acquire(FileChannel channel, long end) throws IOException {
    for (long pause = FIRST_PAUSE_NANOS;; pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS)) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return true;
        }
      } catch (OverlappingFileLockException _) {
        // A second copy of this class, from another loader, builds in this JVM: as good as another process.
      }
      if (System.nanoTime() - end >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(pause);
    }
  }

  /** Gives the right up; any thread may. Idempotent. */
  @Override
  public void close() {
    if (!open.getAndSet(false)) {
      return;
    }
    try {
      channel.close(); // gives the file lock up
    } catch (IOException _) {
      // The lock goes with the process then; in this one nobody else can hold it meanwhile.
    } finally {
      inProcess.release();
    }
  }
}
