package io.picaflor.cli.verb;

import io.picaflor.GenerationOptions;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.commons.cli.Option;

/** The options that say how tokens are chosen and when to stop; what is not given is the model's own default. */
public final class SamplingArguments {
  private static final Option MAX_NEW_TOKENS = Syntax.value("n", "max-new-tokens", "N",
      "End after so many tokens; by default when the model stops or the context is full.");
  private static final Option TEMPERATURE = Syntax.value("temperature", "T", "0 takes the best token always.");
  private static final Option TOP_K = Syntax.value("top-k", "K", "Only the K best tokens take part; 0 for all.");
  private static final Option TOP_P =
      Syntax.value("top-p", "P", "Only the best tokens whose probabilities reach P.");
  private static final Option MIN_P =
      Syntax.value("min-p", "P", "Only tokens at least P times as probable as the best.");
  private static final Option SEED = Syntax.value("s", "seed", "N",
      "The same seed gives the same tokens; by default another one each time.");
  private static final Option STOP = Syntax.value("stop", "TEXT", "End before this text; may be given again.");

  /** What a verb's syntax has to have. */
  public static final List<Option> OPTIONS = List.of(MAX_NEW_TOKENS, TEMPERATURE, TOP_K, TOP_P, MIN_P, SEED, STOP);

  private final OptionalInt maxNewTokens;
  private final OptionalDouble temperature;
  private final OptionalInt topK;
  private final OptionalDouble topP;
  private final OptionalDouble minP;
  private final OptionalLong seed;
  private final List<String> stops;

  /** Reads what was given. */
  public SamplingArguments(Arguments arguments) {
    maxNewTokens = arguments.integer(MAX_NEW_TOKENS);
    temperature = arguments.number(TEMPERATURE);
    topK = arguments.integer(TOP_K);
    topP = arguments.number(TOP_P);
    minP = arguments.number(MIN_P);
    seed = arguments.longInteger(SEED);
    stops = arguments.texts(STOP);
  }

  /**
   * The model's defaults with what was given on the command line.
   *
   * @throws WrongUsageException if a value is out of its range
   */
  public GenerationOptions over(GenerationOptions defaults) {
    try {
      return changed(defaults);
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(e.getMessage());
    }
  }

  private GenerationOptions changed(GenerationOptions defaults) {
    GenerationOptions options = defaults.withSeed(seed.orElseGet(System::nanoTime));
    if (maxNewTokens.isPresent()) {
      options = options.withMaxNewTokens(maxNewTokens.getAsInt());
    }
    if (temperature.isPresent()) {
      options = options.withTemperature(temperature.getAsDouble());
    }
    if (topK.isPresent()) {
      options = options.withTopK(topK.getAsInt());
    }
    if (topP.isPresent()) {
      options = options.withTopP(topP.getAsDouble());
    }
    if (minP.isPresent()) {
      options = options.withMinP(minP.getAsDouble());
    }
    for (String stop : stops) {
      options = options.withStopSequence(stop);
    }
    return options;
  }
}
