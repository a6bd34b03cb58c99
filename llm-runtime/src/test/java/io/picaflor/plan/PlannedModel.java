package io.picaflor.plan;

import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.Constants;
import io.picaflor.reference.ReferenceNetwork;
import io.picaflor.session.Executor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A model that a test has planned, and what the plan needs to live. Contexts must be closed before it. */
final class PlannedModel implements AutoCloseable {
  private static final Path SHARED = Path.of("../../shared");

  private final ModelFile file;
  private final Arena arena = Arena.ofShared();
  private final Workers workers;
  private final Kernels kernels;
  private final PlannedNetwork network;

  private PlannedModel(ModelFile file, String tier, int threads, Planner.Fusing fusing)
      throws NotPlannable, IOException {
    this.file = file;
    this.workers = new Workers(threads);
    try {
      this.kernels = Kernels.choose(tier);
      ModelSignatures signatures = new ModelSignatures(file);
      Constants constants = new Constants(file.name(), kernels, arena);
      this.network = fusing == null
          ? new PlannedNetwork(file.name(), signatures, kernels, workers, constants, MemorySource.allocated(),
              KvLayout.Precision.F32)
          : new PlannedNetwork(file.name(), Planner.plan(signatures, fusing), signatures.contextLength(), kernels,
              workers, constants, MemorySource.allocated(), KvLayout.Precision.F32);
    } catch (NotPlannable | IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  static PlannedModel of(Path path, String tier, int threads) throws NotPlannable, IOException {
    return new PlannedModel(ModelFile.open(path), tier, threads, null);
  }

  /** A model with some fusions only. */
  static PlannedModel of(Path path, String tier, Planner.Fusing fusing) throws NotPlannable, IOException {
    return new PlannedModel(ModelFile.open(path), tier, 1, fusing);
  }

  static PlannedModel of(byte[] content, String tier, int threads) throws NotPlannable, IOException {
    return new PlannedModel(ModelFile.of("model", MemorySegment.ofArray(content)), tier, threads, null);
  }

  /** The tiers that can run here; says so if machine code cannot. */
  static List<String> tiers() {
    try {
      Kernels.choose("jit");
      return List.of("scalar", "vector", "jit");
    } catch (UnsupportedOperationException e) {
      System.out.println("not tested on jit: " + e.getMessage());
      return List.of("scalar", "vector");
    }
  }

  /** Google's exporters' models where they are at hand, else nothing; says so. */
  static List<Path> shared(String pattern) throws IOException {
    Path models = SHARED.resolve("models");
    if (!Files.isDirectory(models)) {
      System.out.println("no models at " + models + ": only the demo model and graphs that the tests write were run");
      return List.of();
    }
    try (var all = Files.list(models)) {
      return all.filter(path -> path.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  /** What LiteRT computes with a shared model. */
  static Path golden(Path model) {
    String name = model.getFileName().toString();
    return SHARED.resolve("goldens/logits").resolve(name.substring(0, name.lastIndexOf('.')) + ".json");
  }

  PlannedNetwork network() {
    return network;
  }

  /** The same file on the reference executor. */
  ReferenceNetwork reference() throws IOException {
    return new ReferenceNetwork(file, kernels, workers, arena);
  }

  /** A context for as many tokens as the model was exported for. */
  Executor context() {
    return network.newExecutor(network.contextLength());
  }

  /** A copy of the logits of a token. */
  static float[] decode(Executor executor, int token) {
    return executor.decode(token).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Override
  public void close() throws IOException {
    workers.close();
    arena.close();
    file.close();
  }
}
