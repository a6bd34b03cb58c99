package io.picaflor.plan;

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
import io.picaflor.weightcache.CachePlace;

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
   * @param place where packed weights are kept from run to run
   * @param precision how sessions keep keys and values, if there is a plan
   * @param clock told what is planning and what is packing
   * @throws IOException if the file is damaged, or needs what we do not know
   */
  public static Network load(
      ModelFile file, Kernels kernels, Workers workers, Arena arena, MemorySource memory, KvLayout.Precision precision,
      CachePlace place, LoadClock clock) throws IOException {
    Function<List<PackedSource>, PackedModel> packing = place instanceof CachePlace.Memory
        ? sources -> WeightPacking.pack(sources, kernels, workers, memory)
        : new CachedPacking(file, place, kernels, workers)::pack;
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
