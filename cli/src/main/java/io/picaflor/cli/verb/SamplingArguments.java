package io.picaflor.cli.verb;

import io.picaflor.GenerationOptions;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say how tokens are chosen and when to stop; what is not given is the model's own default. */
public final class SamplingArguments {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-n", "--max-new-tokens"},
      paramLabel = "N",
      description = "End after so many tokens; by default when the model stops or the context is full.")
  private Integer maxNewTokens;

  @Option(names = "--temperature", paramLabel = "T", description = "0 takes the best token always.")
  private Double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Only the K best tokens take part; 0 for all.")
  private Integer topK;

  @Option(names = "--top-p", paramLabel = "P", description = "Only the best tokens whose probabilities reach P.")
  private Double topP;

  @Option(names = "--min-p", paramLabel = "P", description = "Only tokens at least P times as probable as the best.")
  private Double minP;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      description = "The same seed gives the same tokens; by default another one each time.")
  private Long seed;

  @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given again.")
  private List<String> stops = List.of();

  /** No options yet; picocli fills them in. */
  public SamplingArguments() {}

  /** The model's defaults with what was given on the command line. */
  public GenerationOptions over(GenerationOptions defaults) {
    try {
      return changed(defaults);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private GenerationOptions changed(GenerationOptions defaults) {
    GenerationOptions options = defaults.withSeed(seed == null ? System.nanoTime() : seed);
    if (maxNewTokens != null) {
      options = options.withMaxNewTokens(maxNewTokens);
    }
    if (temperature != null) {
      options = options.withTemperature(temperature);
    }
    if (topK != null) {
      options = options.withTopK(topK);
    }
    if (topP != null) {
      options = options.withTopP(topP);
    }
    if (minP != null) {
      options = options.withMinP(minP);
    }
    for (String stop : stops) {
      options = options.withStopSequence(stop);
    }
    return options;
  }
}
