package io.picaflor.weightcache;

import java.lang.foreign.Arena;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Builds the next generation of a family: a temporary file that is packed, forced, and only then gets its name. */
final class CacheBuilder {
  private static final System.Logger LOG = System.getLogger(WeightCache.class.getName());

  private final CacheFolder folder;
  private final String family;
  private final CacheRequest request;
  private final Surroundings surroundings;
  private final Housekeeping housekeeping;

  CacheBuilder(CacheFolder folder, String family, CacheRequest request, LastUses uses,
      Surroundings surroundings) {
    this.folder = folder;
    this.family = family;
    this.request = request;
    this.surroundings = surroundings;
    this.housekeeping = new Housekeeping(folder, uses, surroundings);
  }

  /**
   * Builds a file with these blobs and maps it.
   *
   * @param sources no two with the same key
   * @param search what is there already, looked for under the lock
   * @param lock the family's; given up when the file is finished, or when this throws
   * @throws IOException if the disk cannot hold it; nothing is left of it then
   */
  PackedBlobs build(List<BlobSource> sources, GenerationSearch search, BuildLock lock) throws IOException {
    Unfinished file = null;
    try {
      housekeeping.removeLeftovers(family);
      List<PlannedBlob> blobs = new Donors(search.incomplete()).plan(sources, request.runner());
      CacheFolder.Generation generation = folder.nextGeneration(family);
      refuseIfTooLarge(CacheFileWriter.plan(request.title(), generation.number(), blobs).fileBytes());
      file = new Unfinished(folder.newBuildingPath(family), generation, outdated(search, sources), lock);
      return file.pack(blobs);
    } catch (IOException | RuntimeException | Error e) {
      if (file != null) {
        file.discard();
      }
      lock.close();
      throw e;
    }
  }

  private void refuseIfTooLarge(long bytes) throws IOException {
    if (bytes > request.capBytes()) {
      throw new IOException("it would take " + bytes + " bytes, and the cap is " + request.capBytes());
    }
    long free = surroundings.disk().usableBytes(folder.path());
    if (free > 0 && free < bytes) {
      throw new IOException("it would take " + bytes + " bytes, and " + folder.path() + " has " + free + " left");
    }
  }

  /** Files that nobody needs once the new one is there: broken ones, and those whose blobs it all has. */
  private static List<Path> outdated(GenerationSearch search, List<BlobSource> sources) {
    Set<BlobKey> keys = new HashSet<>();
    sources.forEach(source -> keys.add(source.key()));
    List<Path> files = new ArrayList<>(search.broken());
    for (CacheFileReader older : search.incomplete()) {
      if (keys.containsAll(older.index().entries().keySet())) {
        files.add(older.path());
      }
    }
    return files;
  }

  /** A file on its way from a temporary to a generation. */
  private final class Unfinished {
    private final Path temporary;
    private final CacheFolder.Generation generation;
    private final List<Path> outdated;
    private final BuildLock lock;
    private FileChannel channel;
    private LeasedMemory memory;

    Unfinished(Path temporary, CacheFolder.Generation generation, List<Path> outdated, BuildLock lock) {
      this.temporary = temporary;
      this.generation = generation;
      this.outdated = outdated;
      this.lock = lock;
    }

    PackedBlobs pack(List<PlannedBlob> blobs) throws IOException {
      channel = surroundings.disk().create(temporary);
      CacheFileWriter writer = CacheFileWriter.plan(request.title(), generation.number(), blobs);
      writer.write(channel, generation.path(), new BlobPacker(request.runner(), request.progress()));
      Arena arena = request.newArena();
      memory = LeasedMemory.of(arena, request.isCollected());
      MemorySegment mapping = writer.map(channel, arena);
      CompletableFuture<Boolean> finished = new CompletableFuture<>();
      PackedBlobs packed = PackedFiles.built(blobs, mapping, memory,
          new Publication(generation.path(), writer.fileBytes(), finished));
      if (request.finishInBackground()) {
        // No daemon: a short program ends when its cache is on the disk, or the next start would build it again.
        Thread.ofPlatform().name("picaflor-cache-finish").daemon(false)
            .start(() -> finishOrDiscard(finished));
      } else {
        finish();
        lock.close();
        finished.complete(true);
      }
      return packed;
    }

    /** Makes sure of the bytes before the name: after a power cut a name without bytes would look like a whole file. */
    private void finish() throws IOException {
      channel.force(true);
      channel.close();
      Files.move(temporary, generation.path(), StandardCopyOption.ATOMIC_MOVE);
      forceFolder();
      cleanUp();
    }

    private void cleanUp() {
      try {
        outdated.forEach(housekeeping::remove);
        housekeeping.removeOldBuilds(generation);
        housekeeping.enforceCap(generation.path(), request.capBytes());
        housekeeping.removeLeftoversOfOthers(family);
      } catch (IOException | RuntimeException e) { // no reason to lose the file that was just made
        LOG.log(System.Logger.Level.DEBUG, "weight cache: old files were left", e);
      }
    }

    private void finishOrDiscard(CompletableFuture<Boolean> finished) {
      boolean kept = false;
      try {
        finish();
        kept = true;
      } catch (IOException | RuntimeException e) {
        String reason = e instanceof IOException io ? Reasons.of(io) : e.toString();
        surroundings.log().accept("weight cache: " + generation.path() + " was not kept: " + reason);
        removeTemporary();
      } finally {
        lock.close();
        finished.complete(kept);
      }
    }

    private void forceFolder() {
      try (FileChannel names = FileChannel.open(folder.path(), StandardOpenOption.READ)) {
        names.force(true);
      } catch (IOException _) {
        // Some systems cannot: the name may be lost in a power cut then, and the next start builds again.
      }
    }

    private void discard() {
      if (memory != null) {
        memory.close();
      }
      removeTemporary();
    }

    private void removeTemporary() {
      try {
        if (channel != null) {
          channel.close();
        }
        Files.deleteIfExists(temporary);
      } catch (IOException _) {
        // The next builder removes it.
      }
    }
  }
}
