package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A {@code .litertlm} file: a header that lists typed sections (reference/FORMATS.md, 1.2).
 *
 * <p>Sections of types that are not known are listed and skipped. A section that is there twice is refused when it is
 * asked for.
 */
final class LiteRtLmFile extends ModelFile {
  private static final byte[] MAGIC = "LITERTLM".getBytes(StandardCharsets.US_ASCII);
  private static final int MAJOR = 1;
  private static final int HEADER_START = 32;
  private static final long MAX_HEADER = 1 << 20;

  private final String version;
  private final List<LiteRtLmHeader.Entry> entries;
  private final Map<String, String> systemMetadata;

  private LiteRtLmFile(FileSource source, String version, LiteRtLmHeader header) {
    super(source);
    this.version = version;
    this.entries = header.entries();
    this.systemMetadata = header.systemMetadata();
  }

  static boolean matches(Bytes bytes) {
    return bytes.size() >= MAGIC.length && Arrays.equals(MAGIC,
        bytes.segment().asSlice(0, MAGIC.length).toArray(ValueLayout.JAVA_BYTE));
  }

  static LiteRtLmFile read(FileSource source) throws IOException {
    Bytes file = source.bytes().named("header");
    long major = file.u32(8);
    String version = major + "." + file.u32(12) + "." + file.u32(16);
    if (major != MAJOR) {
      throw new UnsupportedModelException(file.file(),
          "is a .litertlm file of version " + version + ", expected " + MAJOR + ".x; a newer Picaflor may read it");
    }
    long headerEnd = file.i64(24);
    if (headerEnd < HEADER_START || headerEnd > Math.min(file.size(), MAX_HEADER)) {
      throw file.broken(24, "the header should end at byte " + HEADER_START + " to " + Math.min(file.size(), MAX_HEADER)
          + ", found " + Long.toUnsignedString(headerEnd) + "; is the download complete?");
    }
    var header = LiteRtLmHeader.read(file.slice(HEADER_START, headerEnd - HEADER_START, "the header"));
    var model = new LiteRtLmFile(source, version, header);
    model.checkExtents(headerEnd);
    return model;
  }

  /** Each section lies in the file behind the header, and those that are used do not overlap. */
  private void checkExtents(long headerEnd) throws ModelFormatException {
    var used = new ArrayList<LiteRtLmHeader.Entry>();
    for (LiteRtLmHeader.Entry e : entries) {
      if (e.type() == LiteRtLmHeader.DEPRECATED) {
        continue; // switched off by an editor; its bytes may be gone
      }
      if (e.end() < e.begin()) {
        throw bytes().named("header").broken(e.headerOffset(), e.title() + " should end behind its first byte "
            + e.begin() + ", found its end at " + e.end() + "; the file is damaged");
      }
      if (e.end() > bytes().size()) {
        throw bytes().named("header").broken(e.headerOffset(), e.title() + " ends at byte " + e.end()
            + ", but the file has " + bytes().size() + "; is the download complete?");
      }
      if (e.isUsed() && e.end() > e.begin()) {
        if (e.begin() < headerEnd) {
          throw bytes().named("header").broken(e.headerOffset(), e.title() + " should start behind the header, which"
              + " ends at byte " + headerEnd + ", found byte " + e.begin() + "; the file is damaged");
        }
        used.add(e);
      }
    }
    used.sort(Comparator.comparingLong(LiteRtLmHeader.Entry::begin));
    for (int i = 1; i < used.size(); i++) {
      LiteRtLmHeader.Entry before = used.get(i - 1);
      LiteRtLmHeader.Entry after = used.get(i);
      if (after.begin() < before.end()) {
        throw bytes().named("header").broken(after.headerOffset(), after.title() + " starts at byte " + after.begin()
            + " inside of " + before.title() + ", which ends at byte " + before.end() + "; the file is damaged");
      }
    }
  }

  @Override
  public String format() {
    return ".litertlm " + version;
  }

  @Override
  public Optional<Bytes> graph(ModelRole role) throws IOException {
    List<LiteRtLmHeader.Entry> all = entries(LiteRtLmHeader.TFLITE_MODEL, role.modelType());
    List<LiteRtLmHeader.Entry> forCpu = all.stream().filter(LiteRtLmHeader.Entry::allowsCpu).toList();
    if (!all.isEmpty() && forCpu.isEmpty()) {
      throw new UnsupportedModelException(name(), all.getFirst().title() + " is only for the backend '"
          + all.getFirst().items().get(LiteRtLmHeader.BACKEND_CONSTRAINT) + "'; get the model's version for CPUs");
    }
    Optional<Bytes> part = single(forCpu);
    return part.isEmpty() ? part : Optional.of(TfliteFile.graph(part.get()));
  }

  @Override
  public Optional<MemorySegment> externalWeights(ModelRole role) throws ModelFormatException {
    return single(entries(LiteRtLmHeader.TFLITE_WEIGHTS, role.modelType())).map(Bytes::segment);
  }

  @Override
  public Optional<TokenizerData> tokenizer() throws ModelFormatException {
    Optional<Bytes> sentencePiece = languageTokenizer(LiteRtLmHeader.SP_TOKENIZER);
    if (sentencePiece.isPresent()) {
      return Optional.of(new TokenizerData(TokenizerData.Kind.SENTENCE_PIECE, sentencePiece.get(), false));
    }
    return languageTokenizer(LiteRtLmHeader.HF_TOKENIZER_ZLIB)
        .map(packed -> new TokenizerData(TokenizerData.Kind.TOKENIZER_JSON, packed, true));
  }

  /** The language model's tokenizer, or the one there is where it belongs to no model by name. */
  private Optional<Bytes> languageTokenizer(int type) throws ModelFormatException {
    Optional<Bytes> own = single(entries(type, ModelRole.PREFILL_DECODE.modelType()));
    return own.isPresent() ? own : single(entries.stream().filter(e -> e.type() == type).toList());
  }

  @Override
  public Optional<LlmMetadata> metadata() throws ModelFormatException {
    Optional<Bytes> part = single(entries.stream().filter(e -> e.type() == LiteRtLmHeader.LLM_METADATA).toList());
    return part.isEmpty() ? Optional.empty() : Optional.of(LlmMetadataReader.read(part.get()));
  }

  @Override
  public Optional<ExecutorMetadata> executorMetadata() throws ModelFormatException {
    // Type 9 in the format as published; an earlier version of it had the message under 8, which now is another's.
    for (int type : new int[] {LiteRtLmHeader.EXECUTOR_METADATA, LiteRtLmHeader.EMBEDDING_METADATA}) {
      Optional<Bytes> part = single(entries.stream().filter(e -> e.type() == type).toList());
      if (part.isPresent()) {
        Optional<ExecutorMetadata> metadata = ifExecutorMetadata(part.get());
        if (metadata.isPresent()) {
          return metadata;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<ExecutorMetadata> ifExecutorMetadata(Bytes part) {
    try {
      ExecutorMetadata metadata = ExecutorMetadata.read(part);
      boolean saysSomething = !metadata.stateBuffers().isEmpty() || metadata.masks().isPresent();
      return saysSomething ? Optional.of(metadata) : Optional.empty();
    } catch (ModelFormatException e) {
      return Optional.empty(); // another message under an ambiguous number must not fail the load
    }
  }

  @Override
  public List<Section> sections() {
    return entries.stream().map(LiteRtLmHeader.Entry::toSection).toList();
  }

  @Override
  public Map<String, String> systemMetadata() {
    return systemMetadata;
  }

  private List<LiteRtLmHeader.Entry> entries(int type, String modelType) {
    return entries.stream().filter(e -> e.type() == type && e.modelType().equals(modelType)).toList();
  }

  /** The bytes of the one section among the candidates; two are refused, for nobody can say which is meant. */
  private Optional<Bytes> single(List<LiteRtLmHeader.Entry> candidates) throws ModelFormatException {
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    LiteRtLmHeader.Entry entry = candidates.getFirst();
    if (candidates.size() > 1) {
      throw bytes().named("header").broken(candidates.get(1).headerOffset(),
          entry.title() + " should be there once, found " + candidates.size());
    }
    if (entry.end() == entry.begin()) {
      throw bytes().named("header").broken(entry.headerOffset(), entry.title() + " is empty; the file is damaged");
    }
    return Optional.of(bytes().named(entry.title()).slice(entry.begin(), entry.end() - entry.begin(), entry.title()));
  }
}
