package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The bytes of a model file: a read-only mapping that this object owns, or a segment that somebody else owns.
 *
 * <p>For any thread. {@link #close} unmaps what was mapped here; reading afterwards is an
 * {@link IllegalStateException}.
 */
final class FileSource implements AutoCloseable {
  static final String EXPECTED = "expected a model (.litertlm, .task or .tflite)";

  private final Optional<Path> path;
  private final Bytes bytes;
  private final Optional<Arena> arena;
  private final FileTime modified;
  private final AtomicBoolean closed = new AtomicBoolean();

  private FileSource(Optional<Path> path, Bytes bytes, Optional<Arena> arena, FileTime modified) {
    this.path = path;
    this.bytes = bytes;
    this.arena = arena;
    this.modified = modified;
  }

  static FileSource of(String name, MemorySegment segment) {
    return new FileSource(Optional.empty(), new Bytes(name, "", 0, segment), Optional.empty(), FileTime.fromMillis(0));
  }

  static FileSource open(Path path) throws IOException {
    String name = path.toString();
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      throw withCause(new NoSuchFileException(name, null, "no such file; " + EXPECTED), e);
    } catch (AccessDeniedException e) {
      throw withCause(new AccessDeniedException(name, null, "the folder may not be read; check its permissions"), e);
    }
    if (attributes.isDirectory()) {
      throw new FileSystemException(name, null, "is a folder; " + EXPECTED);
    }
    if (!attributes.isRegularFile()) { // opening a pipe would wait for ever
      throw new FileSystemException(name, null, "is a pipe or a device, which cannot be mapped; " + EXPECTED);
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return map(path, name, channel, Files.getLastModifiedTime(path));
    } catch (AccessDeniedException e) {
      throw withCause(new AccessDeniedException(name, null, "may not be read; check its permissions"), e);
    } catch (UnsupportedOperationException e) {
      String problem = "lies in a file system that cannot map files; copy it out";
      throw withCause(new FileSystemException(name, null, problem), e);
    }
  }

  private static FileSource map(Path path, String name, FileChannel channel, FileTime modified) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new FileSource(Optional.of(path), new Bytes(name, "", 0, mapping), Optional.of(arena), modified);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static <E extends IOException> E withCause(E error, Exception cause) {
    error.initCause(cause);
    return error;
  }

  /** The whole file. */
  Bytes bytes() {
    return bytes;
  }

  Optional<Path> path() {
    return path;
  }

  /** Whether the file at the path is no longer the one that was mapped, by size and time. */
  boolean changed() {
    if (path.isEmpty()) {
      return false;
    }
    try {
      BasicFileAttributes now = Files.readAttributes(path.get(), BasicFileAttributes.class);
      return now.size() != bytes.size() || !now.lastModifiedTime().equals(modified);
    } catch (IOException e) {
      return true; // gone, or not to be seen any more
    }
  }

  ModelFormatException explain(InternalError fault) {
    String problem = changed()
        ? "the file changed while it was in use (it had " + bytes.size() + " bytes); open it again, and replace models"
            + " by renaming a new file over the old one"
        : "the file could not be read where it is mapped; check its disk or network";
    return new ModelFormatException(bytes.file(), "", ModelFormatException.NO_OFFSET, problem, fault);
  }

  @Override
  public void close() {
    if (arena.isPresent() && closed.compareAndSet(false, true)) {
      arena.get().close();
    }
  }
}
