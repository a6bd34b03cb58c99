package io.picaflor.cli;

import io.picaflor.GenerationOptions;
import io.picaflor.ModelDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A model's description for people, at most 100 columns wide. Texts of the file are cleaned of what a terminal would obey. */
final class DescriptionText {
  private static final int WIDTH = 100;
  private static final int MAX_TEXT = 4000;
  private static final char NO_BREAK = '\u00a0';

  /** Stop tokens beyond this many are counted, not shown. */
  private static final int MAX_STOPS = 8;

  private final StringBuilder text = new StringBuilder();

  private DescriptionText() {}

  static String of(ModelDescription model) {
    DescriptionText page = new DescriptionText();
    page.head(model);
    model.metadata().ifPresent(page::metadata);
    page.parts(model);
    model.graphs().forEach(page::graph);
    return page.text.toString();
  }

  private void head(ModelDescription model) {
    line("", model.name());
    entry("format", model.format() + ", " + size(model.bytes()));
    ModelDescription.Execution execution = model.execution();
    entry("runs here", execution.refusal().map(reason -> "no: " + reason)
        .or(() -> execution.network().map(network -> "yes (" + network + " network)")).orElse(""));
    execution.contextLength().ifPresent(n -> entry("context", n + " tokens"));
    execution.vocabularySize().ifPresent(n -> entry("vocabulary", n + " tokens"));
    entry("tokenizer", model.tokenizer().map(t -> t.kind() + ", " + t.pieces() + " pieces").orElse("none"));
    entry("parameters", count(model.parameters()));
    model.systemMetadata().forEach(this::entry);
  }

  private void metadata(ModelDescription.Metadata metadata) {
    title("Metadata");
    entry("model type", metadata.modelType());
    metadata.startToken().ifPresent(t -> entry("start token", tokens(t)));
    List<String> stops = metadata.stopTokens().stream().limit(MAX_STOPS).map(DescriptionText::tokens)
        .collect(Collectors.toCollection(ArrayList::new));
    if (metadata.stopTokens().size() > MAX_STOPS) {
      stops.add("and " + (metadata.stopTokens().size() - MAX_STOPS) + " more");
    }
    entry("stop tokens", stops.isEmpty() ? "none" : String.join(", ", stops));
    entry("chat template", metadata.chatTemplate().orElse("none"));
    entry("sampler", metadata.sampler().map(DescriptionText::sampler).orElse("not said: greedy"));
    metadata.maxTokens().ifPresent(n -> entry("max tokens", Integer.toString(n)));
    if (metadata.suppressedTokens() > 0) {
      entry("never chosen", metadata.suppressedTokens() + " tokens");
    }
    if (!metadata.channels().isEmpty()) {
      entry("channels", String.join(", ", metadata.channels()));
    }
    metadata.minRuntimeVersion().ifPresent(version -> entry("made for", "LiteRT-LM " + version + " or newer"));
  }

  private void parts(ModelDescription model) {
    title("Parts");
    line("  ", String.format(Locale.ROOT, "%12s %12s  %s", "offset", "bytes", "what"));
    for (ModelDescription.Section section : model.sections()) {
      List<String> what = new ArrayList<>();
      what.add((section.type() + " " + section.name()).strip());
      section.items().forEach((key, value) -> {
        if (!value.equals(section.name())) {
          what.add(key + "=" + value);
        }
      });
      if (!section.note().isEmpty()) {
        what.add("(" + section.note() + ")");
      }
      wrapped(String.format(Locale.ROOT, "  %12d %12d  ", section.offset(), section.bytes()), String.join(", ", what));
    }
  }

  private void graph(ModelDescription.Graph graph) {
    title("Graph " + graph.role());
    entry("size", size(graph.bytes()) + ", " + count(graph.parameters()) + " parameters");
    for (ModelDescription.WeightFormat weights : graph.weights()) {
      entry("weights",
          weights.matrices() + (weights.matrices() == 1 ? " matrix " : " matrices ") + weights.format() + ", "
              + size(weights.bytes()));
    }
    if (!graph.metadata().isEmpty()) {
      entry("metadata", String.join(", ", graph.metadata()));
    }
    graph.signatures().forEach(this::signature);
  }

  private void signature(ModelDescription.Signature signature) {
    text.append('\n');
    int operators = signature.operators().values().stream().mapToInt(Integer::intValue).sum();
    line("  ", signature.name() + ": " + operators + " operators");
    signature.unsupported().ifPresent(reason -> wrapped("    cannot be run: ", reason));
    List<OperandLines.Line> inputs = OperandLines.of(signature.inputs());
    List<OperandLines.Line> outputs = OperandLines.of(signature.outputs());
    for (OperandLines.Line line : inputs) {
      operand(outputs.contains(line) ? "in, out" : "in", line);
    }
    outputs.stream().filter(line -> !inputs.contains(line)).forEach(line -> operand("out", line));
    wrapped("    ", signature.operators().entrySet().stream()
        .map(e -> e.getValue() + " " + e.getKey() + (signature.composites().contains(e.getKey()) ? " (composite)" : ""))
        .map(DescriptionText::unbroken)
        .collect(Collectors.joining(", ")));
  }

  private void operand(String direction, OperandLines.Line line) {
    String shape =
        line.shape().stream().map(n -> n < 0 ? "?" : n.toString()).collect(Collectors.joining(", ", "[", "]"));
    wrapped(String.format(Locale.ROOT, "    %-8s", direction),
        String.format(Locale.ROOT, "%-34s %-8s %s", clean(line.name()), line.type(), shape));
  }

  private void title(String title) {
    text.append('\n');
    line("", title);
  }

  private void entry(String name, String value) {
    wrapped(String.format(Locale.ROOT, "  %-14s ", clean(name)), value);
  }

  /** A line; longer than a terminal, it goes on under its own beginning, broken between words. */
  private void wrapped(String head, String value) {
    String indent = " ".repeat(Math.min(head.length(), WIDTH / 2));
    StringBuilder line = new StringBuilder(head);
    boolean fresh = true;
    for (String word : shortened(clean(value)).split(" (?! )", -1)) {
      if (!fresh && line.length() + 1 + word.length() > WIDTH) {
        end(line);
        line = new StringBuilder(indent);
        fresh = true;
      }
      line.append(fresh ? "" : " ").append(word);
      fresh = false;
      while (line.length() > WIDTH) {
        end(new StringBuilder(line.substring(0, WIDTH)));
        line = new StringBuilder(indent).append(line.substring(WIDTH));
      }
    }
    end(line);
  }

  private void end(StringBuilder line) {
    text.append(line.toString().replace(NO_BREAK, ' ').stripTrailing()).append('\n');
  }

  private void line(String head, String value) {
    wrapped(head, value);
  }

  /** For {@link #wrapped}: words that stay on one line. */
  private static String unbroken(String words) {
    return words.replace(' ', NO_BREAK);
  }

  private static String tokens(ModelDescription.TokenSequence tokens) {
    String ids = tokens.ids().stream().map(Object::toString).collect(Collectors.joining(" "));
    return unbroken((ids + (tokens.text().isEmpty() ? "" : " '" + quoted(tokens.text()) + "'")).strip());
  }

  private static String quoted(String value) {
    return value.replace("\n", "\\n").replace("\t", "\\t");
  }

  private static String sampler(GenerationOptions options) {
    if (options.temperature() == 0) {
      return "greedy";
    }
    // The file holds float32: 0.7, not 0.699999988079071.
    return "temperature " + (float) options.temperature() + (options.topK() > 0 ? ", top-k " + options.topK() : "")
        + (options.topP() < 1 ? ", top-p " + (float) options.topP() : "") + ", seed " + options.seed();
  }

  /** {@code 5.1 MB (5351424 bytes)}; as everywhere, MB are MiB. */
  private static String size(long bytes) {
    return bytes < 1024
        ? bytes + " bytes"
        : bytes < 1 << 20
            ? String.format(Locale.ROOT, "%.1f KB (%d bytes)", bytes / 1024.0, bytes)
            : String.format(Locale.ROOT, "%.1f MB (%d bytes)", bytes / 1048576.0, bytes);
  }

  private static String count(long number) {
    return number < 1_000_000
        ? Long.toString(number)
        : String.format(Locale.ROOT, "%.1f million", number / 1e6);
  }

  private static String clean(String value) {
    StringBuilder clean = new StringBuilder(value.length());
    value.codePoints().forEach(c -> clean.appendCodePoint(isPrintable(c) ? c : '?'));
    return clean.toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String shortened(String value) {
    return value.length() <= MAX_TEXT ? value : value.substring(0, MAX_TEXT) + "...";
  }
}
