package io.picaflor.weightcache;

import java.lang.foreign.Arena;
import java.time.Duration;

/** What a caller wants of the cache besides the blobs themselves; set up by one thread. */
public final class CacheRequest {
  /** Longer than packing takes on a slow machine, shorter than a person waits. */
  private static final Duration LOCK_DEADLINE = Duration.ofSeconds(30);

  private static final long CAP_BYTES = 16L << 30;

  private final String family;
  private final CachePlace place;
  private String title = "";
  private Duration lockDeadline = LOCK_DEADLINE;
  private long capBytes = CAP_BYTES;
  private TaskRunner runner = new PackingThreads(Runtime.getRuntime().availableProcessors());
  private Progress progress;
  private BlobMemory memory = BlobMemory.ALLOCATED;
  private boolean finishInBackground = true;
  private boolean collected;

  /**
   * A request.
   *
   * @param family names the files, with a generation behind it: blobs that belong together, such as those of one model for
   *     one tier of kernels; should not depend on a path, so that a copied model meets the same files
   * @param place where to keep them
   * @throws IllegalArgumentException if the family is no file name
   */
  public CacheRequest(String family, CachePlace place) {
    this.family = CacheFolder.checkedFamily(family);
    this.place = place;
  }

  /** What the blobs belong to, for people; such as a model's file name. */
  public CacheRequest title(String value) {
    title = value;
    return this;
  }

  /** How long to wait for another process that builds the same files, before packing in memory. 30 s unless set. */
  public CacheRequest lockDeadline(Duration value) {
    lockDeadline = value;
    return this;
  }

  /** How many bytes all cache files of a folder may have; what was used least recently goes first. 16 GB unless set. */
  public CacheRequest capBytes(long value) {
    capBytes = value;
    return this;
  }

  /** The threads that pack; a thread for each processor unless set. */
  public CacheRequest runner(TaskRunner value) {
    runner = value;
    return this;
  }

  /** Who is told of the packing. */
  public CacheRequest progress(Progress value) {
    progress = value;
    return this;
  }

  /** Where blobs go that no file holds. The JDK's own allocation unless set. */
  public CacheRequest memory(BlobMemory value) {
    memory = value;
    return this;
  }

  /** Whether a new file may be used while it is still being forced to the disk. True unless set. */
  public CacheRequest finishInBackground(boolean value) {
    finishInBackground = value;
    return this;
  }

  /**
   * Whether the blobs' memory stays until nobody can reach it, closed or not: for objects that are handed out and have no
   * {@code close}. False unless set.
   */
  public CacheRequest collected(boolean value) {
    collected = value;
    return this;
  }

  boolean isCollected() {
    return collected;
  }

  /** What a file is mapped with. */
  Arena newArena() {
    return collected ? Arena.ofAuto() : Arena.ofShared();
  }

  String family() {
    return family;
  }

  CachePlace place() {
    return place;
  }

  String title() {
    return title;
  }

  Duration lockDeadline() {
    return lockDeadline;
  }

  long capBytes() {
    return capBytes;
  }

  TaskRunner runner() {
    return runner;
  }

  Progress progress() {
    return progress == null ? Progress.silent() : progress;
  }

  BlobMemory memory() {
    return collected ? BlobMemory.COLLECTED : memory;
  }

  boolean finishInBackground() {
    return finishInBackground;
  }
}
