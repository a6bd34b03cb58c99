package io.picaflor.plan;

import io.picaflor.ModelOptions;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.Constants;
import io.picaflor.reference.ReferenceNetwork;
import io.picaflor.session.LoadClock;
import io.picaflor.session.LoadClock.Phase;
import io.picaflor.session.Network;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.Function;

/** Loads a model's arithmetic: by its plan, or where there is none by the reference executor, which is said once. */
public final class NetworkLoader {
  private static final Logger LOG = System.getLogger(NetworkLoader.class.getName());

  private NetworkLoader() {}

  /**
   * Loads the graphs of a file.
   *
   * @param arena owns what is copied or packed; must outlive all sessions
   * @param options how sessions keep keys and values, and where packed weights are kept, if there is a plan
   * @param clock told what is planning and what is packing
   * @throws IOException if the file is damaged, or needs what we do not know
   */
  public static Network load(
      ModelFile file, Kernels kernels, Workers workers, Arena arena, MemorySource memory, ModelOptions options,
      LoadClock clock) throws IOException {
    KvLayout.Precision precision = switch (options.kvPrecision()) {
      case F32 -> KvLayout.Precision.F32;
      case BF16 -> KvLayout.Precision.BF16;
    };
    Function<List<PackedSource>, PackedModel> packing = WeightPacking.of(file, options, kernels, workers, memory)::pack;
    clock.enter(Phase.PLAN);
    try {
      return new PlannedNetwork(file.name(), new ModelSignatures(file), kernels, workers,
          new Constants(file.name(), kernels, arena), memory, precision,
          sources -> {
            clock.enter(Phase.WEIGHTS);
            PackedModel packed = packing.apply(sources);
            clock.enter(Phase.PLAN);
            return packed;
          });
    } catch (NotPlannable e) {
      LOG.log(Level.WARNING, "{0}: no plan, so the reference executor runs it, which is slower: {1}", file.name(),
          e.getMessage());
      return new ReferenceNetwork(file, kernels, workers, arena);
    }
  }
}
