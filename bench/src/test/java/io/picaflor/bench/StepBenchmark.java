package io.picaflor.bench;

import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.PlanDescription;
import io.picaflor.Session;
import io.picaflor.TokenStream;
import io.picaflor.cli.verb.ModelArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whole steps of a model: a token that is decoded at some depth, which is bound by the weights that it reads, and a prompt of many
 * tokens, which is bound by arithmetic. {@link MachineBenchmark} has the bounds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 7, time = 2)
public class StepBenchmark {
  private static final String DEMO = "demo";
  private static final GenerationOptions ONE = GenerationOptions.GREEDY.withMaxNewTokens(1).withIgnoreStopTokens(true);

  /** A file, or the demo model. */
  @Param(DEMO)
  private String model;

  /** So many tokens in an empty context, or one behind so many. A context that is too short ends at its last token but one. */
  @Param({"prefill-128", "decode-0", "decode-1000"})
  private String step;

  @Param("1")
  private int threads;

  private Model loaded;
  private Session session;
  private int[] tokens;
  private int depth;

  /**
   * What a step does by the plan.
   *
   * @param weightBytes weights that it reads
   * @param multiplyAdds by weights; attention's are left out
   */
  record Work(double weightBytes, double multiplyAdds) {
    /** The work of a step of a model that has a plan; else zeros. */
    static Work of(String model, String step) {
      try {
        PlanDescription plan =
            model.equals(DEMO) ? Model.describePlan(DEMO, ModelArguments.demo()) : Model.describePlan(Path.of(model));
        double body = 0;
        double head = 0;
        for (PlanDescription.Step part : plan.steps()) {
          head += part.head() ? part.multiplyAdds() : 0;
          body += part.head() ? 0 : part.multiplyAdds();
        }
        return new Work(plan.weightBytes(), body * rows(step) + head);
      } catch (IOException e) {
        return new Work(0, 0); // the file was there when it was measured
      }
    }
  }

  static boolean isDecode(String step) {
    return step.startsWith("decode");
  }

  private static int number(String step) {
    return Integer.parseInt(step.substring(step.indexOf('-') + 1));
  }

  private static int rows(String step) {
    return isDecode(step) ? 1 : number(step);
  }

  /** Loads the model in the tier that {@code -Dpicaflor.kernels} names, and fills the context up to the step. */
  @Setup
  public void open() throws IOException {
    ModelOptions options = ModelOptions.DEFAULT.withThreads(threads);
    loaded =
        model.equals(DEMO) ? Model.load(DEMO, ModelArguments.demo(), options) : Model.load(Path.of(model), options);
    session = loaded.newSession();
    depth = isDecode(step) ? Math.min(number(step), loaded.contextLength() - 2) : 0;
    if (depth > 0) {
      session.prefill(Prompt.beginning(loaded, depth).ids());
    }
    tokens = depth > 0 ? Prompt.continuing(loaded, 1).ids() : Prompt.beginning(loaded, rows(step)).ids();
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    session.close();
    loaded.close();
  }

  /** Feeds the tokens, computes the logits behind them and chooses the next; the context is as it was then. */
  @Benchmark
  public int step() {
    try (TokenStream stream = session.generate(tokens, ONE)) {
      return stream.next().id();
    } finally {
      session.rewind(depth);
    }
  }
}
