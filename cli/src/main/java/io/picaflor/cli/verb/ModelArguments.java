package io.picaflor.cli.verb;

import io.picaflor.KvPrecision;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.Session;
import io.picaflor.WeightCachePlace;
import io.picaflor.WeightCacheUse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which model to load and how: the same for every verb. */
public final class ModelArguments {
  private static final String DEMO = "demo_q8.litertlm";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "FILE",
      description = "A .litertlm, .task or .tflite model. Without it the embedded demo model serves.")
  private Path file;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      split = ",",
      description = "Threads that compute; by default one for each fast core.")
  private List<Integer> threads = List.of();

  @Option(names = "--kernels", paramLabel = "TIER",
      description = "scalar, vector or jit (also jit:avx512vnni, jit:avxvnni, jit:avx2); by default the best that runs here.")
  private String kernels;

  @Option(names = "--context", paramLabel = "N",
      description = "Tokens that the context has to hold; by default the model's limit.")
  private Integer context;

  @Option(names = "--kv", paramLabel = "PRECISION",
      description = "How keys and values are kept: f32 or bf16; by default ${DEFAULT-VALUE}.")
  private String kv = "f32";

  @Option(names = "--weight-cache", paramLabel = "PATH",
      description = "A folder, or the beginning of a file's path, where packed weights are kept and shared by processes; "
          + "auto (the default) is the user's cache folder, none packs them into memory at each start.")
  private String weightCache;

  @Option(names = "--debug", description = "Print a stack trace when something fails.")
  private boolean debug;

  /** No options yet; picocli fills them in. */
  public ModelArguments() {}

  /** Loads the model that the options name. */
  public Model load() throws IOException {
    if (threads.size() > 1) {
      throw new ParameterException(spec.commandLine(), "threads: expected one number, found " + threads);
    }
    return load(threads.isEmpty() ? OptionalInt.empty() : OptionalInt.of(threads.getFirst()));
  }

  /** The numbers of threads that were named, for a verb that compares them; empty if none was. */
  public List<Integer> threads() {
    return threads;
  }

  /** Loads the model for a number of threads; for one for each fast core if there is none. */
  public Model load(OptionalInt threadCount) throws IOException {
    ModelOptions options = options(threadCount);
    if (file == null) {
      return Model.load(DEMO, demo(), options);
    }
    Model model;
    try (LoadProgress progress = LoadProgress.begin(file.toString())) {
      model = Model.load(file, options.withProgress(progress));
    }
    sayIfKept(model.weightCache());
    return model;
  }

  /** A file that takes room on the disk is said once, when it is made. */
  private static void sayIfKept(WeightCacheUse use) {
    if (use.outcome().equals("built")) {
      System.err.println("picaflor: packed weights are kept in " + use.file().orElseThrow() + " ("
          + (use.bytes() + 500_000) / 1_000_000 + " MB), for quick starts; see picaflor cache, or --weight-cache none");
    }
  }

  private ModelOptions options(OptionalInt threadCount) {
    try {
      ModelOptions options = ModelOptions.DEFAULT;
      if (threadCount.isPresent()) {
        options = options.withThreads(threadCount.getAsInt());
      }
      options = options.withKvPrecision(kvPrecision());
      if (weightCache != null) {
        options = options.withWeightCache(WeightCachePlace.of(weightCache));
      }
      return kernels == null ? options : options.withKernels(kernels);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private KvPrecision kvPrecision() {
    return switch (kv) {
      case "f32" -> KvPrecision.F32;
      case "bf16" -> KvPrecision.BF16;
      default -> throw new IllegalArgumentException("kv: expected f32 or bf16, found '" + kv + "'");
    };
  }

  /** The file that was named; {@code null} for the demo model. */
  public Path file() {
    return file;
  }

  /** A session of the length that the options ask for. */
  public Session session(Model model) {
    return context == null ? model.newSession() : model.newSession(context);
  }

  /** The embedded model, in memory that lives as long as the process. */
  public static MemorySegment demo() throws IOException {
    try (InputStream in = ModelArguments.class.getResourceAsStream(DEMO)) {
      byte[] bytes = in.readAllBytes();
      MemorySegment memory = Arena.global().allocate(bytes.length, 64);
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
      return memory;
    }
  }
}
