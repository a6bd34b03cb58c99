package io.picaflor.bench;

import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.Session;
import io.picaflor.cli.verb.ProcessStart;
import io.picaflor.cli.verb.ModelArguments;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code picaflor bench}: measures a model file on this machine. */
@Command(
    name = "bench",
    description = {
      "Measures start-up, prefill, decode and memory of a model on this machine.",
      "Lists (-p, -n, -d, -t) are taken in all combinations, each with its runs one after the other in one process."
          + " Tokens are chosen greedily, and stop tokens end nothing. Figures are medians, with the lowest and highest"
          + " beside them; the first run of the process is kept apart if there are others."
    },
    footer = {
      "",
      "Examples:",
      "  picaflor bench",
      "  picaflor bench --model gemma3-270m.litertlm -p 128,512 -n 128 -t 1,2 --markdown",
      "  picaflor bench --model F -p 128 -n 128 -d 512 -r 5 --warmup 1 --json"
    },
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  private static final List<Integer> PREFILL = List.of(128, 512);

  @Spec
  private CommandSpec spec;
  @Mixin
  private ModelArguments model;

  @Option(
      names = {"-p", "--prefill"},
      paramLabel = "N",
      split = ",",
      description = "Tokens of the prompt; by default 128,512.")
  private List<Integer> prefill = List.of();

  @Option(
      names = {"-n", "--decode"},
      paramLabel = "N",
      split = ",",
      description = "Tokens to decode after it; by default 128.")
  private List<Integer> decode = List.of(128);

  @Option(
      names = {"-d", "--depth"},
      paramLabel = "N",
      split = ",",
      description = "Tokens in the context before it; by default 0.")
  private List<Integer> depth = List.of(0);

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      description = "Runs that count; by default ${DEFAULT-VALUE}.")
  private int repetitions = 5;

  @Option(names = "--warmup", paramLabel = "N", description = "Runs before them; by default ${DEFAULT-VALUE}.")
  private int warmup = 1;

  @ArgGroup
  private Form form = new Form();

  /** How results are written: a table, if neither is given. */
  private static final class Form {
    @Option(names = "--json", description = "Print one JSON object a combination and line, with every run.")
    private boolean json;

    @Option(names = "--markdown", description = "Print a table in Markdown.")
    private boolean markdown;
  }

  @Override
  public Integer call() throws IOException {
    checkValues();
    long start = processStart();
    MeasuredFile file = new MeasuredFile(model.file());
    Report report = form.json ? new JsonReport(file) : new TableReport(file, form.markdown);
    boolean first = true;
    for (int threads : threads()) {
      try (Model loaded = model.load(OptionalInt.of(threads));
          Session session = model.session(loaded)) {
        for (Workload workload : workloads(session, first)) {
          report.add(measure(loaded, session, workload, first ? OptionalLong.of(start) : OptionalLong.empty()));
          first = false;
        }
      }
    }
    report.end();
    return 0;
  }

  private void checkValues() {
    prefill.forEach(value -> require(value >= 1, "-p", "1 or more tokens", value));
    decode.forEach(value -> require(value >= 0, "-n", "0 or more tokens", value));
    depth.forEach(value -> require(value >= 0, "-d", "0 or more tokens", value));
    require(repetitions >= 1, "-r", "1 or more", repetitions);
    require(warmup >= 0, "--warmup", "0 or more", warmup);
  }

  private void require(boolean holds, String name, String range, int found) {
    if (!holds) {
      throw wrongUsage(name + ": expected " + range + ", found " + found);
    }
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private long processStart() {
    try {
      return ProcessStart.nanos(System.getenv(ProcessStart.VARIABLE));
    } catch (IllegalArgumentException e) {
      throw wrongUsage(e.getMessage());
    }
  }

  /** What was asked for; one and the default if nothing was. */
  private Iterable<Integer> threads() {
    return model.threads().isEmpty()
        ? new TreeSet<>(List.of(1, ModelOptions.DEFAULT.threadCount()))
        : model.threads();
  }

  /** All combinations; of the default ones only those that fit into the context, which is said once. */
  private List<Workload> workloads(Session session, boolean say) {
    List<Workload> workloads = new ArrayList<>();
    for (int before : depth) {
      for (int prompt : prefill.isEmpty() ? PREFILL : prefill) {
        for (int tokens : decode) {
          Workload workload = new Workload(prompt, tokens, before);
          if (workload.contextTokens() <= session.contextLength()) {
            workloads.add(workload);
          } else if (prefill.isEmpty()) {
            if (say) {
              System.err.println("picaflor: left out: " + tooLong(workload, session));
            }
          } else {
            throw wrongUsage(tooLong(workload, session));
          }
        }
      }
    }
    if (workloads.isEmpty()) {
      throw wrongUsage("nothing fits into the context of " + session.contextLength() + " tokens; give -p, -n and -d");
    }
    return workloads;
  }

  private static String tooLong(Workload workload, Session session) {
    return "-p " + workload.prefillTokens() + " -n " + workload.decodeTokens() + " -d " + workload.depth() + " need "
        + workload.contextTokens() + " tokens, but the context has " + session.contextLength();
  }

  private Result measure(Model loaded, Session session, Workload workload, OptionalLong processStart) {
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < warmup + repetitions; i++) {
      runs.add(Run.of(loaded, session, workload));
    }
    Optional<Run> first = processStart.isPresent() ? Optional.of(runs.getFirst()) : Optional.empty();
    int apart = Math.max(warmup, first.isPresent() ? 1 : 0);
    OptionalLong startToFirst = first.isPresent()
        ? OptionalLong.of(first.get().firstTextAt() - processStart.getAsLong())
        : OptionalLong.empty();
    return new Result(workload, first, List.copyOf(runs.subList(apart, runs.size())), startToFirst,
        loaded.bytesPerToken());
  }
}
