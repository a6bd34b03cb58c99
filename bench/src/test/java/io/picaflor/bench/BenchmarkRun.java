package io.picaflor.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Json;
import io.picaflor.kernels.KvLayout.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs JMH with its own arguments, and writes a JSON line a result: score, command, machine, commit. Products and steps get
 * the share of what the machine could do, if {@link MachineBenchmark} was part of the same run.
 *
 * <p>System properties, set by {@code bench/jmh}: {@code save} the file to append to (none: nothing is written),
 * {@code command} and {@code commit} what to write beside the results.
 */
public final class BenchmarkRun {
  /** What {@link MachineBenchmark} measures, by its method, and what it is called in results. */
  private static final Map<String, String> LIMITS =
      Map.of("read", "read_gb_s", "multiplyAdds", "fma_gmac_s", "int8MultiplyAdds", "int8_gmac_s");

  private final Collection<RunResult> results;
  private final Instant ended = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private BenchmarkRun(Collection<RunResult> results) {
    this.results = results;
  }

  /** Runs what JMH's arguments say. */
  public static void main(String[] arguments) throws CommandLineOptionException, RunnerException, IOException {
    CommandLineOptions options = new CommandLineOptions(arguments);
    if (options.shouldHelp()) {
      options.showHelp();
      return;
    }
    Runner runner = new Runner(options);
    if (options.shouldList()) {
      runner.list();
      return;
    }
    new BenchmarkRun(runner.run()).report(System.getProperty("save", ""));
  }

  private void report(String save) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (RunResult result : results) {
      ObjectNode node = describe(result);
      lines.append(Json.MAPPER.writeValueAsString(node)).append('\n');
      if (node.has("fraction")) {
        System.out.printf(Locale.ROOT, "%-60s %.2f of %s%n", node.get("params"), node.get("fraction").doubleValue(),
            node.get("fraction_of").textValue());
      }
      if (node.has("fraction_of_int8")) {
        System.out.printf(Locale.ROOT, "%-60s %.2f of int8_gmac_s%n", node.get("params"),
            node.get("fraction_of_int8").doubleValue());
      }
    }
    if (!save.isEmpty()) {
      Files.writeString(Path.of(save), lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  private ObjectNode describe(RunResult result) {
    BenchmarkParams params = result.getParams();
    Result<?> score = result.getPrimaryResult();
    Statistics statistics = score.getStatistics();
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("benchmark", params.getBenchmark().replaceFirst("^.*\\.(\\w+\\.\\w+)$", "$1"));
    ObjectNode values = node.putObject("params");
    params.getParamsKeys().forEach(key -> values.put(key, params.getParam(key)));
    node.put("mode", params.getMode().shortLabel());
    node.put("score", score.getScore());
    node.put("unit", score.getScoreUnit());
    node.put("min", statistics.getMin());
    node.put("median", statistics.getPercentile(50));
    node.put("max", statistics.getMax());
    node.put("iterations", statistics.getN());
    addRates(node, result);
    node.put("ended", ended.toString());
    node.put("commit", System.getProperty("commit", ""));
    node.put("command", System.getProperty("command", ""));
    Machine machine = Machine.current();
    node.put("cpu", machine.cpu());
    ArrayNode features = node.putArray("cpu_features");
    machine.features().forEach(features::add);
    node.put("processors", machine.processors());
    node.put("java", machine.java());
    return node;
  }

  private void addRates(ObjectNode node, RunResult result) {
    BenchmarkParams params = result.getParams();
    double seconds = seconds(result);
    if (is(params, KernelBenchmark.class, "linear")) {
      String shape = params.getParam("shape");
      addProduct(
          node, params, Integer.parseInt(params.getParam("rows")), KernelBenchmark.inputs(shape),
          KernelBenchmark.outputs(shape), seconds);
    } else if (is(params, KernelBenchmark.class, "head")) {
      addProduct(node, params, 1, KernelBenchmark.Head.INPUTS, KernelBenchmark.Head.OUTPUTS, seconds);
    } else if (is(params, AttentionBenchmark.class, "attention")) {
      String step = params.getParam("step");
      Precision precision = Precision.valueOf(params.getParam("precision"));
      double gigaMultiplyAdds = AttentionBenchmark.multiplyAdds(step) / seconds / 1e9;
      double gigabytes = AttentionBenchmark.bytes(step, precision) / seconds / 1e9;
      node.put("gmac_s", Json.rounded(gigaMultiplyAdds));
      node.put("kv_gb_s", Json.rounded(gigabytes));
      addFraction(node, params, AttentionBenchmark.rows(step) == 1, gigabytes, gigaMultiplyAdds);
    } else if (is(params, StepBenchmark.class, "step")) {
      String step = params.getParam("step");
      StepBenchmark.Work work = StepBenchmark.Work.of(params.getParam("model"), step);
      double gigaMultiplyAdds = work.multiplyAdds() / seconds / 1e9;
      double gigabytes = work.weightBytes() / seconds / 1e9;
      node.put("bytes_per_token", work.weightBytes());
      node.put("gmac_s", Json.rounded(gigaMultiplyAdds));
      node.put("weights_gb_s", Json.rounded(gigabytes));
      addFraction(node, params, StepBenchmark.isDecode(step), gigabytes, gigaMultiplyAdds);
    } else {
      LIMITS.forEach((method, name) -> {
        if (is(params, MachineBenchmark.class, method)) {
          node.put(name, Json.rounded(rate(result)));
        }
      });
    }
  }

  private void addProduct(
      ObjectNode node, BenchmarkParams params, int rows, int inputs, int outputs, double seconds) {
    double gigaMultiplyAdds = (double) rows * inputs * outputs / seconds / 1e9;
    double gigabytes = BenchmarkWeights.bytes(params.getParam("weights"), outputs, inputs) / seconds / 1e9;
    node.put("gmac_s", Json.rounded(gigaMultiplyAdds));
    node.put("weights_gb_s", Json.rounded(gigabytes));
    addFraction(node, params, rows == 1, gigabytes, gigaMultiplyAdds);
  }

  /** One row is bound by reading, many by arithmetic: of float32, and of integers where machine code multiplies them. */
  private void addFraction(
      ObjectNode node, BenchmarkParams params, boolean one, double gigabytes, double gigaMultiplyAdds) {
    String limit = one ? "read" : "multiplyAdds";
    bound(params.getParam("threads"), limit).ifPresent(most -> {
      node.put("fraction", Json.rounded((one ? gigabytes : gigaMultiplyAdds) / most));
      node.put("fraction_of", LIMITS.get(limit));
    });
    if (!one) {
      bound(params.getParam("threads"), "int8MultiplyAdds")
          .ifPresent(most -> node.put("fraction_of_int8", Json.rounded(gigaMultiplyAdds / most)));
    }
  }

  /** What the machine did in this run with so many threads, in 10^9 a second. */
  private OptionalDouble bound(String threads, String method) {
    List<RunResult> found = results.stream()
        .filter(result -> is(result.getParams(), MachineBenchmark.class, method))
        .filter(result -> result.getParams().getParam("threads").equals(threads))
        .toList();
    return found.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(rate(found.getFirst()));
  }

  private static double rate(RunResult result) {
    BenchmarkParams params = result.getParams();
    int threads = Integer.parseInt(params.getParam("threads"));
    double done;
    if (is(params, MachineBenchmark.class, "read")) {
      done = MachineBenchmark.readBytes();
    } else if (is(params, MachineBenchmark.class, "int8MultiplyAdds")) {
      done = MachineBenchmark.int8MultiplyAdds(threads);
    } else {
      done = MachineBenchmark.multiplyAdds(threads);
    }
    return done / seconds(result) / 1e9;
  }

  /** The median time of a call: a neighbour's burst must not count. */
  private static double seconds(RunResult result) {
    double value = result.getPrimaryResult().getStatistics().getPercentile(50);
    return value * result.getParams().getTimeUnit().toNanos(1) / TimeUnit.SECONDS.toNanos(1);
  }

  private static boolean is(BenchmarkParams params, Class<?> benchmark, String method) {
    return params.getBenchmark().equals(benchmark.getName() + "." + method);
  }
}
