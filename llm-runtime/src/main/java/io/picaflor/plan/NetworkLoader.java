package io.picaflor.plan;

import io.picaflor.ModelOptions;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ContentRecord;
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
import java.util.Optional;

/**
 * Loads a model's arithmetic: by its plan, which the weight cache may have, or where there is none by the reference executor,
 * which is said once.
 */
public final class NetworkLoader {
  private static final Logger LOG = System.getLogger(NetworkLoader.class.getName());

  private NetworkLoader() {}

  /**
   * Loads the graphs of a file.
   *
   * @param arena owns what is copied or packed; must outlive all sessions
   * @param options how sessions keep keys and values, and where packed weights are kept, if there is a plan
   * @param record what is known of the file's content
   * @param clock told what is planning and what is packing
   * @throws IOException if the file is damaged, or needs what we do not know
   */
  public static Network load(
      ModelFile file, Kernels kernels, Workers workers, Arena arena, MemorySource memory, ModelOptions options,
      ContentRecord record, LoadClock clock) throws IOException {
    KvLayout.Precision precision = switch (options.kvPrecision()) {
      case F32 -> KvLayout.Precision.F32;
      case BF16 -> KvLayout.Precision.BF16;
    };
    clock.enter(Phase.PLAN);
    WeightPacking packing = WeightPacking.of(file, record, options, kernels, workers, memory);
    CachedPlan cache = new CachedPlan(file, options.weightCache(), record);
    try {
      Optional<PreparedPlan> kept = cache.find();
      PreparedPlan plan = kept.isPresent() ? kept.get() : Planner.prepare(new ModelSignatures(file));
      return new PlannedNetwork(file.name(), plan.plan(), plan.contextLength(), kernels, workers,
          new Constants(file.name(), kernels, arena), memory, precision,
          sources -> {
            clock.enter(Phase.WEIGHTS);
            PackedModel packed = packing.pack(sources);
            if (kept.isEmpty()) {
              cache.keep(plan, sources, packed, kernels.contentHash(), workers);
            }
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
