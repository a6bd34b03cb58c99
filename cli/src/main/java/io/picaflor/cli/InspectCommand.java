package io.picaflor.cli;

import io.picaflor.Model;
import io.picaflor.ModelDescription;
import io.picaflor.ModelOptions;
import io.picaflor.PlanDescription;
import io.picaflor.PlanVerification;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** {@code picaflor inspect}: what is in a model file, and whether it runs here. */
final class InspectCommand implements Verb {
  private static final String DEMO = "demo_q8.litertlm";

  private static final Option MODEL =
      Syntax.value("m", "model", "FILE", "The same as an option. Without a file the embedded demo model serves.");
  private static final Option JSON = Syntax.flag("json", "Print one JSON object.");
  private static final Option PLAN = Syntax.flag("plan", "Print what is computed for a token, one line a step.");
  private static final Option VERIFY = Syntax.flag("verify",
      "Run the plan and the reference executor on the same tokens, and print how far their logits differ.");

  @Override
  public String name() {
    return "inspect";
  }

  @Override
  public Syntax syntax() {
    return Syntax
        .of("Says what is in a model file: its parts, signatures, weights, metadata, tokenizer, and whether it runs here.")
        .with(MODEL, JSON, PLAN, VERIFY)
        .with(new Syntax.Operand("FILE", "A .litertlm, .task or .tflite model.", false))
        .withExamples("picaflor inspect gemma3-270m.litertlm", "picaflor inspect --json model.task",
            "picaflor inspect --plan gemma3-270m.litertlm");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    Optional<Path> operand = arguments.operandPath();
    Optional<Path> option = arguments.path(MODEL);
    if (operand.isPresent() && option.isPresent()) {
      throw new WrongUsageException("give one FILE, found " + operand.get() + " and --model " + option.get());
    }
    Path file = operand.or(() -> option).orElse(null);
    boolean json = arguments.has(JSON);
    if (arguments.has(PLAN)) {
      PlanDescription steps =
          file == null ? Model.describePlan(DEMO, ModelArguments.demo()) : Model.describePlan(file);
      Output.standard().print(json ? PlanReport.json(steps) + "\n" : PlanReport.text(steps));
      return 0;
    }
    if (arguments.has(VERIFY)) {
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
