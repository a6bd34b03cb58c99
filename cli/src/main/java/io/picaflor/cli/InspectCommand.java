package io.picaflor.cli;

import io.picaflor.Model;
import io.picaflor.ModelDescription;
import io.picaflor.ModelOptions;
import io.picaflor.PlanDescription;
import io.picaflor.PlanVerification;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code picaflor inspect}: what is in a model file, and whether it runs here. */
@Command(
    name = "inspect",
    description = "Says what is in a model file: its parts, signatures, weights, metadata, tokenizer, and whether it runs here.",
    footer = {"", "Examples:", "  picaflor inspect gemma3-270m.litertlm", "  picaflor inspect --json model.task",
      "  picaflor inspect --plan gemma3-270m.litertlm"},
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  private static final String DEMO = "demo_q8.litertlm";

  @Spec
  private CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "FILE", description = "A .litertlm, .task or .tflite model.")
  private Path positional;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "FILE",
      description = "The same as an option. Without a file the embedded demo model serves.")
  private Path option;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(names = "--plan", description = "Print what is computed for a token, one line a step.")
  private boolean plan;

  @Option(names = "--verify",
      description = "Run the plan and the reference executor on the same tokens, and print how far their logits differ.")
  private boolean verify;

  @Option(names = "--debug", description = "Print a stack trace when something fails.")
  private boolean debug;

  @Override
  public Integer call() throws IOException {
    if (positional != null && option != null) {
      throw new ParameterException(spec.commandLine(), "give one FILE, found " + positional + " and --model " + option);
    }
    Path file = positional != null ? positional : option;
    if (plan) {
      PlanDescription steps =
          file == null ? Model.describePlan(DEMO, ModelArguments.demo()) : Model.describePlan(file);
      Output.standard().print(json ? PlanReport.json(steps) + "\n" : PlanReport.text(steps));
      return 0;
    }
    if (verify) {
      try (Model model = file == null
          ? Model.load(DEMO, ModelArguments.demo(), ModelOptions.DEFAULT)
          : Model.load(file, ModelOptions.DEFAULT)) {
        Optional<PlanVerification> found = model.verify();
        Output.standard().print(json ? PlanReport.json(found) + "\n" : PlanReport.text(found));
        return 0;
      }
    }
    ModelDescription description =
        file == null ? Model.describe(DEMO, ModelArguments.demo()) : Model.describe(file);
    Output.standard().print(json ? DescriptionJson.of(description) + "\n" : DescriptionText.of(description));
    return 0;
  }
}
