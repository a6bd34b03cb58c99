package io.picaflor.description;

import io.picaflor.GenerationOptions;
import io.picaflor.ModelDescription;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.Bytes;
import io.picaflor.model.LlmMetadata;
import io.picaflor.model.ModelFile;
import io.picaflor.model.ModelRole;
import io.picaflor.model.Section;
import io.picaflor.model.TokenizerData;
import io.picaflor.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Describes a model file, whether it runs here or not. */
public final class FileDescriber {
  /** Sections and entries that hold the language model's own parts, beside its graphs. */
  private static final Set<String> USED = Set.of(
      "SP_Tokenizer", "LlmMetadataProto", "HF_Tokenizer_Zlib", "ExecutorMetadataProto", "TOKENIZER_MODEL", "METADATA");

  private final ModelFile file;

  /** A describer of this open file. */
  public FileDescriber(ModelFile file) {
    this.file = file;
  }

  /**
   * Describes the file.
   *
   * @param tokenizer the file's tokenizer, as it was read
   * @param sampler how the file says that tokens should be chosen
   * @param execution whether and how it runs
   * @throws io.picaflor.ModelFormatException if a part that is read is damaged
   */
  public ModelDescription describe(
      Optional<Tokenizer> tokenizer, Optional<GenerationOptions> sampler, ModelDescription.Execution execution)
      throws IOException {
    Optional<TokenizerData> data = file.tokenizer();
    Optional<ModelDescription.TokenizerSummary> summary = data.isEmpty() || tokenizer.isEmpty()
        ? Optional.empty()
        : Optional.of(new ModelDescription.TokenizerSummary(kind(data.get()), tokenizer.get().vocabularySize()));
    return new ModelDescription(
        file.name(),
        file.bytes().size(),
        file.format(),
        file.systemMetadata(),
        file.sections().stream().map(FileDescriber::section).toList(),
        graphs(),
        file.metadata().map(m -> metadata(m, tokenizer, sampler)),
        summary,
        execution);
  }

  private static String kind(TokenizerData data) {
    return switch (data.kind()) {
      case SENTENCE_PIECE -> "SentencePiece";
      case TOKENIZER_JSON -> "tokenizer.json";
    };
  }

  private static ModelDescription.Section section(Section section) {
    return new ModelDescription.Section(
        section.name(), section.type(), section.offset(), section.length(), section.items(), note(section));
  }

  private static String note(Section section) {
    String name = section.name().toLowerCase(Locale.ROOT);
    boolean role = name.isEmpty() || Arrays.stream(ModelRole.values()).anyMatch(r -> r.modelType().equals(name));
    if (section.type().startsWith("type ")) {
      return "a type that we do not know: skipped";
    }
    return switch (section.type()) {
      case "Deprecated" -> "switched off";
      case "TFLiteModel", "TFLiteWeights" -> role ? "" : "no part of the text model: skipped";
      case "zip entry" -> !name.isEmpty() && role || USED.contains(section.name()) ? "" : "skipped";
      default -> USED.contains(section.type()) ? "" : "skipped";
    };
  }

  private List<ModelDescription.Graph> graphs() throws IOException {
    List<ModelDescription.Graph> graphs = new ArrayList<>();
    for (ModelRole role : ModelRole.values()) {
      try {
        Optional<Bytes> graph = file.graph(role);
        if (graph.isPresent()) {
          graphs.add(GraphDescriber.describe(role.modelType(), graph.get(), file.externalWeights(role)));
        }
      } catch (UnsupportedModelException e) {
        continue; // a graph for other processors than CPUs; the refusal says so
      }
    }
    return graphs;
  }

  private static ModelDescription.Metadata metadata(
      LlmMetadata metadata, Optional<Tokenizer> tokenizer, Optional<GenerationOptions> sampler) {
    return new ModelDescription.Metadata(
        metadata.modelType(),
        metadata.startToken().map(t -> tokens(t, tokenizer)),
        metadata.stopTokens().stream().map(t -> tokens(t, tokenizer)).toList(),
        chatTemplate(metadata),
        sampler,
        metadata.maxNumTokens(),
        metadata.suppressTokens().size(),
        metadata.channels().stream().map(LlmMetadata.Channel::name).toList(),
        metadata.minRuntimeVersion());
  }

  private static Optional<String> chatTemplate(LlmMetadata metadata) {
    if (metadata.jinjaTemplate().isPresent()) {
      return Optional.of("Jinja, " + metadata.jinjaTemplate().get().length() + " characters");
    }
    return metadata.promptTemplates().map(_ -> "prefixes and suffixes");
  }

  private static ModelDescription.TokenSequence tokens(LlmMetadata.Token token, Optional<Tokenizer> tokenizer) {
    return switch (token) {
      case LlmMetadata.Token.Text text -> new ModelDescription.TokenSequence(List.of(), text.text());
      case LlmMetadata.Token.Ids ids -> {
        StringBuilder pieces = new StringBuilder();
        for (int id : ids.ids()) {
          if (tokenizer.isPresent() && id < tokenizer.get().vocabularySize()) {
            pieces.append(tokenizer.get().pieceOf(id));
          }
        }
        yield new ModelDescription.TokenSequence(ids.ids(), pieces.toString());
      }
    };
  }
}
