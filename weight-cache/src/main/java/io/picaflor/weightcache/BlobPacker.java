package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Packs blobs block by block, side by side, and tells how far it has come. */
final class BlobPacker {
  /** Takes one block of a blob to where it belongs. */
  @FunctionalInterface
  interface Sink {
    void write(PlannedBlob blob, int block) throws IOException;
  }

  /** Carries an error of a sink out of a task; an unchecked exception of a source is something else and passes through. */
  private static final class SinkFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient IOException reason;

    SinkFailure(IOException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  private final TaskRunner runner;
  private final Progress progress;

  BlobPacker(TaskRunner runner, Progress progress) {
    this.runner = runner;
    this.progress = progress;
  }

  /**
   * Hands every block to the sink once.
   *
   * @param file what is packed into, to be told; nothing for memory
   * @throws IOException the sink's first error; blocks that had not begun are left out then
   */
  void pack(Optional<Path> file, List<PlannedBlob> blobs, Sink sink) throws IOException {
    int blocks = 0;
    long total = 0;
    for (PlannedBlob blob : blobs) {
      blocks = Math.addExact(blocks, blob.blocks());
      total += blob.bytes();
    }
    PlannedBlob[] blobOf = new PlannedBlob[blocks];
    int[] blockOf = new int[blocks];
    int next = 0;
    for (PlannedBlob blob : blobs) {
      for (int b = 0; b < blob.blocks(); b++) {
        blobOf[next] = blob;
        blockOf[next++] = b;
      }
    }
    progress.begins(file, total);
    Count count = new Count(progress, total);
    try {
      runner.run(blocks, i -> {
        if (count.failed) {
          return;
        }
        try {
          sink.write(blobOf[i], blockOf[i]);
          count.add(blobOf[i].blockBytes(blockOf[i]));
        } catch (IOException e) {
          count.failed = true;
          throw new SinkFailure(e);
        } catch (RuntimeException | Error e) {
          count.failed = true;
          throw e;
        }
      });
    } catch (SinkFailure e) {
      throw e.reason;
    }
  }

  /** What is done, told in order. */
  private static final class Count {
    private final Progress progress;
    private final long total;
    private long done; // guarded by this
    private volatile boolean failed;

    Count(Progress progress, long total) {
      this.progress = progress;
      this.total = total;
    }

    synchronized void add(int bytes) {
      done += bytes;
      progress.packed(done, total);
    }
  }
}
