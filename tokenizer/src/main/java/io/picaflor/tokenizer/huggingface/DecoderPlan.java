package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Which steps turn tokens into text: the {@code decoder} of a tokenizer.json. Immutable. */
final class DecoderPlan {
  // From the first step to the last; each makes its stage in front of the next one's.
  private final List<UnaryOperator<DecoderStage>> steps = new ArrayList<>();
  private final String separator;

  // Whether the steps so far make one token of all.
  private boolean fused;
  private final Normalizer.Growth growth = new Normalizer.Growth();

  /** @param settings null if the file has none: tokens are joined by spaces then */
  DecoderPlan(Settings settings) throws TokenizerFormatException {
    separator = settings == null ? " " : "";
    if (settings != null) {
      add(settings);
    }
  }

  /** Stages for one sequence, the first of them; what they make goes to {@code collector}. */
  DecoderStage newStages(DecoderStage.Collector collector) {
    DecoderStage stage = collector;
    for (UnaryOperator<DecoderStage> step : steps.reversed()) {
      stage = step.apply(stage);
    }
    return stage;
  }

  DecoderStage.Collector newCollector() {
    return new DecoderStage.Collector(separator);
  }

  private void add(Settings settings) throws TokenizerFormatException {
    String type = settings.type();
    switch (type) {
      case "Sequence" -> {
        for (Settings part : settings.list("decoders")) {
          add(part);
        }
      }
      case "ByteLevel" -> {
        refuseFused(settings, type);
        settings.ignore("add_prefix_space"); // of use for other parts only
        settings.ignore("trim_offsets");
        settings.ignore("use_regex");
        steps.add(DecoderStage.ByteLevel::new);
        fused = true;
      }
      case "ByteFallback" -> {
        refuseFused(settings, type);
        steps.add(DecoderStage.ByteFallback::new);
      }
      case "Fuse" -> {
        steps.add(DecoderStage.Fuse::new);
        fused = true;
      }
      case "Replace" -> addReplace(settings);
      case "Strip" -> addStrip(settings);
      case "Metaspace" -> {
        refuseFused(settings, type);
        Metaspace metaspace = Metaspace.of(settings);
        settings.ignore("split");
        steps.add(next -> new DecoderStage.FromMetaspace(next, metaspace));
      }
      case "WordPiece" -> {
        refuseFused(settings, type);
        String prefix = settings.string("prefix");
        boolean cleanup = settings.flag("cleanup", true);
        steps.add(next -> new DecoderStage.WordPiece(next, prefix, cleanup));
      }
      default -> throw settings.error("the decoder '" + type + "' is not supported");
    }
    settings.end();
  }

  private void addReplace(Settings settings) throws TokenizerFormatException {
    if (fused) {
      String text = settings.peekPattern();
      if (text.codePointCount(0, text.length()) != 1) {
        throw settings.error(
            "the decoder 'Replace' of more than a character is not supported behind one that joins all tokens");
      }
    }
    Normalizer replacement = Normalizer.replace(settings, growth);
    steps.add(next -> new DecoderStage.Replace(next, replacement));
  }

  private void addStrip(Settings settings) throws TokenizerFormatException {
    String content = settings.string("content");
    int start = settings.count("start");
    int stop = settings.count("stop");
    if (content.codePointCount(0, content.length()) != 1) {
      throw settings.error("content is '" + content + "', expected one character");
    }
    if (fused && stop > 0) {
      throw settings.error("the decoder 'Strip' at the end is not supported behind one that joins all tokens");
    }
    boolean one = fused;
    steps.add(next -> new DecoderStage.Strip(next, content.codePointAt(0), start, stop, one));
  }

  private void refuseFused(Settings settings, String type) throws TokenizerFormatException {
    if (fused) {
      throw settings.error("the decoder '" + type + "' is not supported behind one that joins all tokens");
    }
  }
}
