package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.model.LlmMetadata.Affixes;
import io.picaflor.model.LlmMetadata.Channel;
import io.picaflor.model.LlmMetadata.PromptTemplates;
import io.picaflor.model.LlmMetadata.Sampler;
import io.picaflor.model.LlmMetadata.SamplerType;
import io.picaflor.model.LlmMetadata.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads {@code litert.lm.proto.LlmMetadata} (reference/FORMATS.md, 3.1) and refuses values that would do harm later:
 * a stop sequence of no tokens would match everywhere, a negative length or id would index before an array.
 */
final class LlmMetadataReader {
  static final String GENERIC = "generic_model";
  static final int MAX_TEMPLATE_BYTES = 1 << 20;
  static final int MAX_TEXT_BYTES = 1 << 16;
  private static final int MAX_STOP_TOKENS = 4096;
  private static final int MAX_CHANNELS = 256;
  private static final int MAX_SEQUENCE = 64;
  private static final int MAX_SUPPRESSED = 1 << 20;

  private Optional<Token> startToken = Optional.empty();
  private final List<Token> stopTokens = new ArrayList<>();
  private Optional<PromptTemplates> promptTemplates = Optional.empty();
  private Optional<Sampler> sampler = Optional.empty();
  private OptionalInt maxNumTokens = OptionalInt.empty();
  private String modelType = GENERIC;
  private Optional<String> jinjaTemplate = Optional.empty();
  private final List<Channel> channels = new ArrayList<>();
  private final List<Integer> suppressTokens = new ArrayList<>();
  private OptionalLong kvCacheInitValue = OptionalLong.empty();
  private Optional<Token> padToken = Optional.empty();
  private Optional<Boolean> supportsThinking = Optional.empty();
  private Optional<Boolean> supportsFunctionCalling = Optional.empty();
  private Optional<String> minRuntimeVersion = Optional.empty();

  private LlmMetadataReader() {}

  static LlmMetadata read(Bytes bytes) throws ModelFormatException {
    var reader = new LlmMetadataReader();
    reader.readFields(new ProtoReader(bytes));
    return new LlmMetadata(reader.startToken, reader.stopTokens, reader.promptTemplates, reader.sampler,
        reader.maxNumTokens, reader.modelType, reader.jinjaTemplate, reader.channels, reader.suppressTokens,
        reader.kvCacheInitValue, reader.padToken, reader.supportsThinking, reader.supportsFunctionCalling,
        reader.minRuntimeVersion, false);
  }

  private void readFields(ProtoReader in) throws ModelFormatException {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> startToken = token(in, "the start token");
        case 2 -> addStopToken(in, stopTokens, token(in, "a stop token"));
        case 3 -> promptTemplates = Optional.of(promptTemplates(in, 1, 2));
        case 4 -> sampler = Optional.of(sampler(in));
        case 5 -> maxNumTokens = maxNumTokens(in);
        case 6 -> modelType = modelType(in);
        case 7 -> jinjaTemplate = Optional.of(in.string("the chat template", MAX_TEMPLATE_BYTES));
        case 8 -> addChannel(in, channels, true);
        case 9 -> suppressTokens(in);
        case 10 -> kvCacheInitValue = OptionalLong.of(in.i64("the cache's first value"));
        case 11 -> supportsThinking = Optional.of(in.bool("supports_thinking"));
        case 12 -> supportsFunctionCalling = Optional.of(in.bool("supports_function_calling"));
        case 13 -> padToken = token(in, "the pad token");
        case 14 -> minRuntimeVersion = Optional.of(in.string("min_runtime_version", MAX_TEXT_BYTES));
        default -> {} // of a newer version
      }
    }
  }

  /** A token by ids or text; empty if the message names neither. */
  private static Optional<Token> token(ProtoReader in, String what) throws ModelFormatException {
    ProtoReader union = in.message(what);
    Optional<Token> token = Optional.empty();
    while (union.next()) {
      switch (union.field()) {
        case 1 -> {
          ProtoReader list = union.message(what);
          var ids = new ArrayList<Integer>();
          while (list.next()) {
            if (list.field() == 1) {
              addIds(list, what, ids, MAX_SEQUENCE);
            }
          }
          token = ids.isEmpty() ? Optional.empty() : Optional.of(new Token.Ids(List.copyOf(ids)));
        }
        case 2 -> {
          String text = union.string(what, MAX_TEXT_BYTES);
          token = text.isEmpty() ? Optional.empty() : Optional.of(new Token.Text(text));
        }
        default -> {} // of a newer version
      }
    }
    return token;
  }

  static void addStopToken(ProtoReader in, List<Token> stopTokens, Optional<Token> token)
      throws ModelFormatException {
    if (token.isEmpty()) {
      throw in.broken("a stop token should be 1 to " + MAX_SEQUENCE
          + " ids or a text, found none: it would match everywhere");
    }
    if (stopTokens.size() == MAX_STOP_TOKENS) {
      throw in.broken("there should be at most " + MAX_STOP_TOKENS + " stop tokens, found more");
    }
    stopTokens.add(token.get());
  }

  static void addIds(ProtoReader in, String what, List<Integer> ids, int limit) throws ModelFormatException {
    int first = ids.size();
    in.addInts("ids of " + what, ids, limit);
    for (int id : ids.subList(first, ids.size())) {
      if (id < 0) {
        throw in.broken("ids of " + what + " should not be negative, found " + id);
      }
    }
  }

  static OptionalInt maxNumTokens(ProtoReader in) throws ModelFormatException {
    int value = in.i32("the largest number of tokens");
    if (value < 0) {
      throw in.broken("the largest number of tokens should not be negative, found " + value);
    }
    return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }

  /** User, model and system by fields 1, 2, 3, each a message with a prefix and a suffix in the fields given. */
  static PromptTemplates promptTemplates(ProtoReader in, int prefixField, int suffixField)
      throws ModelFormatException {
    ProtoReader templates = in.message("prompt templates");
    Affixes user = Affixes.NONE;
    Affixes model = Affixes.NONE;
    Affixes system = Affixes.NONE;
    while (templates.next()) {
      switch (templates.field()) {
        case 1 -> user = affixes(templates, prefixField, suffixField);
        case 2 -> model = affixes(templates, prefixField, suffixField);
        case 3 -> system = affixes(templates, prefixField, suffixField);
        default -> {} // of a newer version
      }
    }
    return new PromptTemplates(user, model, system);
  }

  static Affixes affixes(ProtoReader in, int prefixField, int suffixField) throws ModelFormatException {
    ProtoReader template = in.message("a prompt template");
    String prefix = "";
    String suffix = "";
    while (template.next()) {
      if (template.field() == prefixField) {
        prefix = template.string("a prompt template's prefix", MAX_TEMPLATE_BYTES);
      } else if (template.field() == suffixField) {
        suffix = template.string("a prompt template's suffix", MAX_TEMPLATE_BYTES);
      }
    }
    return new Affixes(prefix, suffix);
  }

  private static Sampler sampler(ProtoReader in) throws ModelFormatException {
    ProtoReader parameters = in.message("sampler parameters");
    int type = 0;
    int k = 0;
    float p = 0;
    float temperature = 0;
    OptionalInt seed = OptionalInt.empty();
    while (parameters.next()) {
      switch (parameters.field()) {
        case 1 -> type = parameters.i32("the sampler's type");
        case 2 -> k = parameters.i32("the sampler's k");
        case 3 -> p = parameters.f32("the sampler's p");
        case 4 -> temperature = parameters.f32("the sampler's temperature");
        case 5 -> seed = OptionalInt.of(parameters.i32("the sampler's seed"));
        default -> {} // the place where it runs, and what a newer version knows
      }
    }
    if (k < 0) {
      throw in.broken("the sampler's k should not be negative, found " + k);
    }
    if (!(p >= 0 && p <= 1)) { // so that NaN is refused as well
      throw in.broken("the sampler's p should be 0 to 1, found " + p);
    }
    if (!(temperature >= 0 && temperature < Float.POSITIVE_INFINITY)) {
      throw in.broken("the sampler's temperature should be 0 or more, found " + temperature);
    }
    SamplerType[] types = SamplerType.values(); // in the order of the file's numbers
    return new Sampler(type >= 0 && type < types.length ? types[type] : SamplerType.UNSPECIFIED,
        k == 0 ? OptionalInt.empty() : OptionalInt.of(k), p == 0 ? Optional.empty() : Optional.of(p),
        temperature == 0 ? Optional.empty() : Optional.of(temperature), seed);
  }

  private static String modelType(ProtoReader in) throws ModelFormatException {
    ProtoReader union = in.message("the model's type");
    String type = GENERIC;
    while (union.next()) {
      type = switch (union.field()) {
        case 2 -> "gemma3n";
        case 3 -> "function_gemma";
        case 4 -> "gemma3";
        case 5 -> "qwen3";
        case 7 -> "qwen2p5";
        case 8 -> "gemma4";
        case 9 -> "fast_vlm";
        case 11 -> "lfm2";
        case 12 -> "minicpm5";
        case 13 -> "minicpmv4";
        default -> GENERIC;
      };
    }
    return type;
  }

  /** @param knowsReasoning whether field 4 says that the channel holds reasoning */
  static void addChannel(ProtoReader in, List<Channel> channels, boolean knowsReasoning)
      throws ModelFormatException {
    if (channels.size() == MAX_CHANNELS) {
      throw in.broken("there should be at most " + MAX_CHANNELS + " channels, found more");
    }
    ProtoReader channel = in.message("a channel");
    String name = "";
    String start = "";
    String end = "";
    Optional<Boolean> reasoning = Optional.empty();
    while (channel.next()) {
      switch (channel.field()) {
        case 1 -> name = channel.string("a channel's name", MAX_TEXT_BYTES);
        case 2 -> start = channel.string("a channel's start", MAX_TEXT_BYTES);
        case 3 -> end = channel.string("a channel's end", MAX_TEXT_BYTES);
        case 4 -> {
          if (knowsReasoning) {
            reasoning = Optional.of(channel.bool("is_reasoning_channel"));
          }
        }
        default -> {} // of a newer version
      }
    }
    channels.add(new Channel(name, start, end, reasoning));
  }

  private void suppressTokens(ProtoReader in) throws ModelFormatException {
    ProtoReader list = in.message("suppressed tokens");
    while (list.next()) {
      if (list.field() == 1) {
        addSuppressed(list, suppressTokens);
      }
    }
  }

  static void addSuppressed(ProtoReader in, List<Integer> ids) throws ModelFormatException {
    addIds(in, "suppressed tokens", ids, MAX_SUPPRESSED);
  }
}
