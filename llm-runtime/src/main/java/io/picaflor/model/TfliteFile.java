package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A bare {@code .tflite}: one graph, no tokenizer, no metadata (reference/FORMATS.md, 1.5). */
final class TfliteFile extends ModelFile {
  static final String TYPE = "TFLiteModel";
  private static final int IDENTIFIER = 0x334C4654; // TFL3

  TfliteFile(FileSource source) {
    super(source);
  }

  static boolean matches(Bytes bytes) throws ModelFormatException {
    return bytes.size() >= 8 && bytes.i32(4) == IDENTIFIER;
  }

  /** The graph in a part of a container, after a look at its identifier. */
  static Bytes graph(Bytes part) throws ModelFormatException {
    if (!matches(part)) {
      throw part.broken(0, "expected a .tflite graph with the identifier TFL3 at its fifth byte, found "
          + (part.size() < 8 ? part.size() + " bytes" : ForeignFile.quote(part, 4, 4)) + "; the file is damaged");
    }
    return part;
  }

  @Override
  public String format() {
    return ".tflite";
  }

  @Override
  public Optional<Bytes> graph(ModelRole role) {
    return role == ModelRole.PREFILL_DECODE ? Optional.of(bytes().named(TYPE)) : Optional.empty();
  }

  @Override
  public Optional<MemorySegment> externalWeights(ModelRole role) {
    return Optional.empty();
  }

  @Override
  public Optional<TokenizerData> tokenizer() {
    return Optional.empty();
  }

  @Override
  public Optional<LlmMetadata> metadata() {
    return Optional.empty();
  }

  @Override
  public Optional<ExecutorMetadata> executorMetadata() {
    return Optional.empty();
  }

  @Override
  public List<Section> sections() {
    return List.of(new Section("", TYPE, 0, bytes().size(), Map.of()));
  }

  @Override
  public Map<String, String> systemMetadata() {
    return Map.of();
  }
}
