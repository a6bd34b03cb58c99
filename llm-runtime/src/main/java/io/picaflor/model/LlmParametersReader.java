package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.model.LlmMetadata.Affixes;
import io.picaflor.model.LlmMetadata.Channel;
import io.picaflor.model.LlmMetadata.PromptTemplates;
import io.picaflor.model.LlmMetadata.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads MediaPipe's {@code odml.infra.proto.LlmParameters}, which older {@code .task} bundles hold in place of
 * {@code LlmMetadata} (reference/FORMATS.md, 3.3).
 *
 * <p>Its stop strings become tokens by text, each of its stop ids a sequence of one. The deprecated single prompt
 * template becomes the user's affixes (its suffix opens the model's turn); its session prefix, which was put once
 * before a conversation, has no place in the record and is dropped.
 */
final class LlmParametersReader {
  private Optional<Token> startToken = Optional.empty();
  private final List<Token> stopTokens = new ArrayList<>();
  private Optional<PromptTemplates> promptTemplates = Optional.empty();
  private Optional<PromptTemplates> deprecatedTemplate = Optional.empty();
  private OptionalInt maxNumTokens = OptionalInt.empty();
  private final List<Channel> channels = new ArrayList<>();
  private final List<Integer> suppressTokens = new ArrayList<>();
  private boolean bytesToUnicode;

  private LlmParametersReader() {}

  /**
   * Tells the two messages apart. In LlmMetadata fields 2 and 4 are messages and field 5 is a number; here it is the
   * other way round, and field 1 holds the transformer's sizes as numbers, where LlmMetadata has a token's ids or text.
   */
  static boolean looksLike(Bytes bytes) throws ModelFormatException {
    var in = new ProtoReader(bytes);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          if (in.hasLength()) {
            ProtoReader first = in.message("the first field");
            if (first.next() && first.isVarint()) {
              return true;
            }
          }
        }
        case 2, 4 -> {
          return in.isVarint();
        }
        case 5 -> {
          return in.hasLength();
        }
        default -> {} // says nothing
      }
    }
    return false;
  }

  static LlmMetadata read(Bytes bytes) throws ModelFormatException {
    var reader = new LlmParametersReader();
    reader.readFields(new ProtoReader(bytes));
    return new LlmMetadata(reader.startToken, reader.stopTokens,
        reader.promptTemplates.or(() -> reader.deprecatedTemplate), Optional.empty(), reader.maxNumTokens,
        LlmMetadataReader.GENERIC, Optional.empty(), reader.channels, reader.suppressTokens, OptionalLong.empty(),
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), reader.bytesToUnicode);
  }

  private void readFields(ProtoReader in) throws ModelFormatException {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> maxNumTokens = maxSequence(in);
        case 4 -> startToken = Optional.of(new Token.Ids(ids(in, "the start token")));
        case 5 -> LlmMetadataReader.addStopToken(in, stopTokens, text(in, "a stop token"));
        case 6 -> startToken = text(in, "the start token");
        case 7 -> normalizations(in);
        case 8 -> deprecatedTemplate =
            Optional.of(new PromptTemplates(LlmMetadataReader.affixes(in, 2, 3), Affixes.NONE, Affixes.NONE));
        case 17 -> promptTemplates = Optional.of(LlmMetadataReader.promptTemplates(in, 2, 3));
        case 18 -> {
          for (int id : ids(in, "a stop token")) {
            LlmMetadataReader.addStopToken(in, stopTokens, Optional.of(new Token.Ids(List.of(id))));
          }
        }
        case 19 -> LlmMetadataReader.addChannel(in, channels, false);
        case 20 -> LlmMetadataReader.addSuppressed(in, suppressTokens);
        default -> {} // role tokens, sizes of drafts, a newer version
      }
    }
  }

  private static OptionalInt maxSequence(ProtoReader in) throws ModelFormatException {
    ProtoReader transformer = in.message("transformer parameters");
    OptionalInt max = OptionalInt.empty();
    while (transformer.next()) {
      if (transformer.field() == 2) {
        max = LlmMetadataReader.maxNumTokens(transformer);
      }
    }
    return max;
  }

  private static List<Integer> ids(ProtoReader in, String what) throws ModelFormatException {
    var ids = new ArrayList<Integer>();
    LlmMetadataReader.addIds(in, what, ids, 4096);
    return ids;
  }

  private static Optional<Token> text(ProtoReader in, String what) throws ModelFormatException {
    String text = in.string(what, LlmMetadataReader.MAX_TEXT_BYTES);
    return text.isEmpty() ? Optional.empty() : Optional.of(new Token.Text(text));
  }

  private void normalizations(ProtoReader in) throws ModelFormatException {
    var kinds = new ArrayList<Integer>();
    in.addInts("normalizations", kinds, 64);
    bytesToUnicode |= kinds.contains(1);
  }
}
