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
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.cli.Option;

/** The options that say which model to load and how: the same for every verb. */
public final class ModelArguments {
  private static final String DEMO = "demo_q8.litertlm";

  private static final Option MODEL = Syntax.value("m", "model", "FILE",
      "A .litertlm, .task or .tflite model. Without it the embedded demo model serves.");
  private static final Option THREADS = Syntax.value("t", "threads", "N[,N...]",
      "Threads that compute; by default one for each fast core.");
  private static final Option KERNELS = Syntax.value("kernels", "TIER",
      "scalar, vector or jit (also jit:avx512vnni, jit:avxvnni, jit:avx2); by default the best that runs here.");
  private static final Option CONTEXT = Syntax.value("context", "N",
      "Tokens that the context has to hold; by default the model's limit.");
  private static final Option KV = Syntax.value("kv", "PRECISION",
      "How keys and values are kept: f32 or bf16; by default f32.");
  private static final Option WEIGHT_CACHE = Syntax.value("weight-cache", "PATH",
      "A folder, or the beginning of a file's path, where packed weights are kept and shared by processes; "
          + "auto (the default) is the user's cache folder, none packs them into memory at each start.");

  /** What a verb's syntax has to have. */
  public static final List<Option> OPTIONS = List.of(MODEL, THREADS, KERNELS, CONTEXT, KV, WEIGHT_CACHE);

  private final Optional<Path> file;
  private final List<Integer> threads;
  private final Optional<String> kernels;
  private final OptionalInt context;
  private final String kv;
  private final Optional<String> weightCache;

  /** Reads what was given. */
  public ModelArguments(Arguments arguments) {
    file = arguments.path(MODEL);
    threads = arguments.integers(THREADS);
    kernels = arguments.text(KERNELS);
    context = arguments.integer(CONTEXT);
    kv = arguments.text(KV).orElse("f32");
    weightCache = arguments.text(WEIGHT_CACHE);
  }

  /** Loads the model that the options name. */
  public Model load() throws IOException {
    if (threads.size() > 1) {
      throw new WrongUsageException("threads: expected one number, found " + threads);
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
    if (file.isEmpty()) {
      return Model.load(DEMO, demo(), options);
    }
    Model model;
    try (LoadProgress progress = LoadProgress.begin(file.get().toString())) {
      model = Model.load(file.get(), options.withProgress(progress));
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
      if (weightCache.isPresent()) {
        options = options.withWeightCache(WeightCachePlace.of(weightCache.get()));
      }
      return kernels.isEmpty() ? options : options.withKernels(kernels.get());
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(e.getMessage());
    }
  }

  private KvPrecision kvPrecision() {
    return switch (kv) {
      case "f32" -> KvPrecision.F32;
      case "bf16" -> KvPrecision.BF16;
      default -> throw new IllegalArgumentException("kv: expected f32 or bf16, found '" + kv + "'");
    };
  }

  /** The file that was named; none for the demo model. */
  public Optional<Path> file() {
    return file;
  }

  /** A session of the length that the options ask for. */
  public Session session(Model model) {
    return context.isEmpty() ? model.newSession() : model.newSession(context.getAsInt());
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
