package io.picaflor.bench;

import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.Session;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.ProcessStart;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.apache.commons.cli.Option;

/** {@code picaflor bench}: measures a model file on this machine. */
public final class BenchCommand implements Verb {
  private static final List<Integer> PREFILL = List.of(128, 512);
  private static final int REPETITIONS = 5;
  private static final int WARMUP = 1;

  private static final Option PREFILL_TOKENS =
      Syntax.value("p", "prefill", "N[,N...]", "Tokens of the prompt; by default 128,512.");
  private static final Option DECODE_TOKENS =
      Syntax.value("n", "decode", "N[,N...]", "Tokens to decode after it; by default 128.");
  private static final Option DEPTH =
      Syntax.value("d", "depth", "N[,N...]", "Tokens in the context before it; by default 0.");
  private static final Option COUNTED =
      Syntax.value("r", "repetitions", "N", "Runs that count; by default " + REPETITIONS + ".");
  private static final Option BEFORE = Syntax.value("warmup", "N", "Runs before them; by default " + WARMUP + ".");
  private static final Option JSON =
      Syntax.flag("json", "Print one JSON object a combination and line, with every run.");
  private static final Option MARKDOWN = Syntax.flag("markdown", "Print a table in Markdown.");

  private ModelArguments model;
  private List<Integer> prefill;
  private List<Integer> decode;
  private List<Integer> depth;
  private int repetitions;
  private int warmup;

  /** For the service loader. */
  public BenchCommand() {}

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Measures start-up, prefill, decode and memory of a model on this machine.",
        "Lists (-p, -n, -d, -t) are taken in all combinations, each with its runs one after the other in one process."
            + " Tokens are chosen greedily, and stop tokens end nothing. Figures are medians, with the lowest and highest"
            + " beside them; the first run of the process is kept apart if there are others.")
        .with(ModelArguments.OPTIONS)
        .with(PREFILL_TOKENS, DECODE_TOKENS, DEPTH, COUNTED, BEFORE, JSON, MARKDOWN)
        .withExamples("picaflor bench",
            "picaflor bench --model gemma3-270m.litertlm -p 128,512 -n 128 -t 1,2 --markdown",
            "picaflor bench --model F -p 128 -n 128 -d 512 -r 5 --warmup 1 --json");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    model = new ModelArguments(arguments);
    prefill = arguments.integers(PREFILL_TOKENS);
    decode = arguments.has(DECODE_TOKENS) ? arguments.integers(DECODE_TOKENS) : List.of(128);
    depth = arguments.has(DEPTH) ? arguments.integers(DEPTH) : List.of(0);
    repetitions = arguments.integer(COUNTED).orElse(REPETITIONS);
    warmup = arguments.integer(BEFORE).orElse(WARMUP);
    if (arguments.has(JSON) && arguments.has(MARKDOWN)) {
      throw new WrongUsageException("give one of --json or --markdown");
    }
    checkValues();
    long start = processStart();
    MeasuredFile file = new MeasuredFile(model.file().orElse(null));
    Report report = arguments.has(JSON) ? new JsonReport(file) : new TableReport(file, arguments.has(MARKDOWN));
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

  private static void require(boolean holds, String name, String range, int found) {
    if (!holds) {
      throw new WrongUsageException(name + ": expected " + range + ", found " + found);
    }
  }

  private static long processStart() {
    try {
      return ProcessStart.nanos(System.getenv(ProcessStart.VARIABLE));
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(e.getMessage());
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
            throw new WrongUsageException(tooLong(workload, session));
          }
        }
      }
    }
    if (workloads.isEmpty()) {
      throw new WrongUsageException(
          "nothing fits into the context of " + session.contextLength() + " tokens; give -p, -n and -d");
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
