package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.platform.MappedPages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model file, mapped: which graphs, weights, tokenizer and metadata it holds, and where. Nothing is copied.
 *
 * <p>What kind of file it is follows from its content alone, never from its name (reference/FORMATS.md, 1.1). Opening
 * checks the container (header, directory, the extents of what is used); what lies in the parts is read when it is
 * asked for.
 *
 * <p>For any thread. {@link #close} unmaps the file: all segments and {@link Bytes} taken from it are invalid then. If
 * the file is cut or its disk fails while it is mapped, reads raise {@link InternalError}; {@link #explain} turns that
 * into one clear message.
 */
public abstract sealed class ModelFile implements AutoCloseable permits LiteRtLmFile, TaskBundle, TfliteFile {
  private final FileSource source;

  ModelFile(FileSource source) {
    this.source = source;
  }

  /**
   * Maps a file and reads its table of contents.
   *
   * @throws ModelFormatException if it is no model file, or a damaged one
   * @throws UnsupportedModelException if it is a model file of a kind or version that we do not read
   * @throws IOException if it is missing, a folder, or not to be read
   */
  public static ModelFile open(Path path) throws IOException {
    FileSource source = FileSource.open(path);
    try {
      return of(source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    } catch (InternalError fault) {
      ModelFormatException clear = source.explain(fault);
      source.close();
      throw clear;
    }
  }

  /**
   * Reads the table of contents of a model in memory, such as a resource; closing does nothing.
   *
   * @param name what messages call it
   * @param segment its bytes, which the caller keeps valid
   * @throws ModelFormatException if it is no model file, or a damaged one
   * @throws UnsupportedModelException if it is a model file of a kind or version that we do not read
   */
  public static ModelFile of(String name, MemorySegment segment) throws IOException {
    return of(FileSource.of(name, segment.asReadOnly()));
  }

  /** Whether the bytes begin as one of the containers does; a bare tokenizer does not. */
  public static boolean isModel(String name, MemorySegment segment) throws IOException {
    Bytes bytes = FileSource.of(name, segment.asReadOnly()).bytes();
    return LiteRtLmFile.matches(bytes) || TaskBundle.matches(bytes) || TfliteFile.matches(bytes);
  }

  private static ModelFile of(FileSource source) throws IOException {
    Bytes bytes = source.bytes();
    if (LiteRtLmFile.matches(bytes)) {
      return LiteRtLmFile.read(source);
    }
    if (TaskBundle.matches(bytes)) {
      return TaskBundle.read(source);
    }
    if (TfliteFile.matches(bytes)) {
      return new TfliteFile(source);
    }
    throw ForeignFile.refusal(bytes);
  }

  /** The file's name: the path as it was given, or the name of a model in memory. */
  public final String name() {
    return bytes().file();
  }

  /** The path as it was given; empty for a model in memory. */
  public final Optional<Path> path() {
    return source.path();
  }

  /** The whole file. */
  public final Bytes bytes() {
    return source.bytes();
  }

  /** The container's format with its version, for display, such as {@code .litertlm 1.7.0}. */
  public abstract String format();

  /**
   * The graph of that role: the bytes of a whole {@code .tflite}, at any alignment; offsets inside are relative to its
   * start. Empty if the file holds none.
   *
   * @throws ModelFormatException if there are two, or it is no FlatBuffer of a {@code .tflite}
   * @throws UnsupportedModelException if it is not for CPUs
   */
  public abstract Optional<Bytes> graph(ModelRole role) throws IOException;

  /** As {@link #graph}, refusing a file that holds none with the names of what it does hold. */
  public final Bytes requireGraph(ModelRole role) throws IOException {
    Optional<Bytes> graph = graph(role);
    if (graph.isPresent()) {
      return graph.get();
    }
    List<String> found = sections().stream()
        .map(s -> s.name().isEmpty() ? s.type() : s.name())
        .distinct()
        .limit(16)
        .toList();
    throw new UnsupportedModelException(name(), "holds no language model: expected "
        + role.modelType() + ", found " + (found.isEmpty() ? "nothing" : String.join(", ", found)));
  }

  /** The weights that the graph of that role keeps outside of itself, if the file holds any. */
  public abstract Optional<MemorySegment> externalWeights(ModelRole role) throws IOException;

  /** The tokenizer's bytes; empty if the file holds none. Of two kinds, SentencePiece wins, as in LiteRT-LM. */
  public abstract Optional<TokenizerData> tokenizer() throws IOException;

  /** What the file says about prompts, stops and sampling, read anew at each call; empty if it says nothing. */
  public abstract Optional<LlmMetadata> metadata() throws IOException;

  /**
   * What the file says about state and masks, read anew at each call. Empty if it says nothing, or holds another
   * message under that number, as files of other versions do.
   */
  public abstract Optional<ExecutorMetadata> executorMetadata() throws IOException;

  /** All parts of the file, in its own order. */
  public abstract List<Section> sections();

  /** What the file says about itself: authors, time, identity. */
  public abstract Map<String, String> systemMetadata();

  /**
   * Lets go of the pages that were read so far, so that they no longer count as this process's; those that are read again come
   * back. For the end of loading: most of what that reads is not read again.
   */
  public final void releasePages() {
    if (path().isPresent()) { // memory of the caller's may hold what no file does
      MappedPages.release(bytes().segment());
    }
  }

  /** Whether the file at the path is no longer the one that was opened, by size and time; false in memory. */
  public final boolean fileChanged() {
    return source.changed();
  }

  /** What to tell the user when reading the mapping raised a fault: that the file changed, or that its disk failed. */
  public final ModelFormatException explain(InternalError fault) {
    return source.explain(fault);
  }

  /** Unmaps the file; a second time does nothing. */
  @Override
  public final void close() {
    source.close();
  }
}
