package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A {@code .task} bundle of MediaPipe: a zip whose entries are stored uncompressed, so that they can be used where they
 * lie, at any alignment (reference/FORMATS.md, 1.3).
 *
 * <p>Entries are found by their exact names; others are listed and left alone.
 */
final class TaskBundle extends ModelFile {
  private static final String TOKENIZER = "TOKENIZER_MODEL";
  private static final String METADATA = "METADATA";

  private final List<ZipDirectory.Entry> directory;
  private final Map<String, Bytes> used;

  private TaskBundle(FileSource source, List<ZipDirectory.Entry> directory, Map<String, Bytes> used) {
    super(source);
    this.directory = directory;
    this.used = used;
  }

  static boolean matches(Bytes bytes) throws ModelFormatException {
    return ZipDirectory.startsLikeZip(bytes);
  }

  static TaskBundle read(FileSource source) throws IOException {
    Set<String> names = new HashSet<>(Set.of(TOKENIZER, METADATA));
    for (ModelRole role : ModelRole.values()) {
      names.add(role.entryName());
    }
    var zip = ZipDirectory.read(source.bytes().named("zip directory"));
    var used = new HashMap<String, Bytes>();
    for (ZipDirectory.Entry entry : zip.entries()) {
      if (names.contains(entry.name()) && used.put(entry.name(), zip.data(entry)) != null) {
        throw source.bytes().named("zip directory").broken(entry.directoryOffset(),
            "entry " + entry.name() + " should be there once, found it twice");
      }
    }
    var parts = new ArrayList<>(used.values());
    parts.sort(Comparator.comparingLong(Bytes::base));
    for (int i = 1; i < parts.size(); i++) {
      Bytes before = parts.get(i - 1);
      if (parts.get(i).base() < before.base() + before.size()) {
        throw parts.get(i).broken(0, "the entry starts inside of " + before.section() + ", which ends at byte "
            + (before.base() + before.size()) + "; the file is damaged");
      }
    }
    return new TaskBundle(source, zip.entries(), used);
  }

  @Override
  public String format() {
    return ".task";
  }

  @Override
  public Optional<Bytes> graph(ModelRole role) throws ModelFormatException {
    Bytes part = used.get(role.entryName());
    return part == null ? Optional.empty() : Optional.of(TfliteFile.graph(part));
  }

  @Override
  public Optional<MemorySegment> externalWeights(ModelRole role) {
    return Optional.empty();
  }

  @Override
  public Optional<TokenizerData> tokenizer() {
    return Optional.ofNullable(used.get(TOKENIZER))
        .map(part -> new TokenizerData(TokenizerData.Kind.SENTENCE_PIECE, part, false));
  }

  @Override
  public Optional<LlmMetadata> metadata() throws ModelFormatException {
    Bytes part = used.get(METADATA);
    if (part == null) {
      return Optional.empty();
    }
    return Optional.of(LlmParametersReader.looksLike(part)
        ? LlmParametersReader.read(part)
        : LlmMetadataReader.read(part));
  }

  @Override
  public Optional<ExecutorMetadata> executorMetadata() {
    return Optional.empty();
  }

  @Override
  public List<Section> sections() {
    return directory.stream().map(this::section).toList();
  }

  private Section section(ZipDirectory.Entry entry) {
    Bytes part = used.get(entry.name());
    long offset = part == null ? entry.localOffset() : part.base(); // an unused entry's data are not looked for
    return new Section(entry.name(), "zip entry", offset, entry.packedSize(), Map.of());
  }

  @Override
  public Map<String, String> systemMetadata() {
    return Map.of();
  }
}
