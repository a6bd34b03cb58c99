package io.picaflor.plan;

import io.picaflor.kernels.PackedSource;
import io.picaflor.WeightCacheUse;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Operators;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.reference.Constants;
import io.picaflor.session.Executor;
import io.picaflor.session.Network;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A model that runs by its {@link Plan}: the plan's weights packed, its values placed, its odd operations lowered.
 *
 * <p>Immutable, shared by sessions; each has memory of its own ({@link PlanExecutor}).
 */
public final class PlannedNetwork implements Network {
  /** More tokens than this run in several chunks: enough that weights are read seldom. */
  private static final int LARGEST_CHUNK = 256;

  private static final int SMALLEST_CHUNK = 32;

  /** What the values of a chunk should take at most. */
  private static final long CHUNK_BYTES = 64L << 20;

  private final Plan plan;
  private final Weights weights;
  private final Kernels kernels;
  private final Workers workers;
  private final MemorySource memory;
  private final KvLayout.Precision precision;
  private final int contextLength;
  private final int chunk;
  private final Placement placement;
  private final PackedModel packed;
  private final Map<Form, GenericStep> genericSteps = new HashMap<>();

  /**
   * Plans a model and packs its weights.
   *
   * @param constants the model's pool
   * @param memory where keys and values are kept
   * @param precision how they are stored
   * @throws NotPlannable if the model has no plan: says why
   * @throws IOException if the file is damaged, or needs what we do not know
   */
  public PlannedNetwork(
      String file, ModelSignatures signatures, Kernels kernels, Workers workers, Constants constants,
      MemorySource memory, KvLayout.Precision precision) throws NotPlannable, IOException {
    this(file, Planner.plan(signatures), signatures.contextLength(), kernels, workers, constants, memory, precision);
  }

  /** Packs the weights of a plan. */
  PlannedNetwork(
      String file, Plan plan, int contextLength, Kernels kernels, Workers workers, Constants constants,
      MemorySource memory, KvLayout.Precision precision) throws NotPlannable, IOException {
    this(file, plan, contextLength, kernels, workers, constants, memory, precision,
        WeightPacking.inMemory(kernels, workers, memory)::pack);
  }

  /**
   * The same with weights that are kept elsewhere.
   *
   * @param packing packs the sources of all layers
   */
  PlannedNetwork(
      String file, Plan plan, int contextLength, Kernels kernels, Workers workers, Constants constants,
      MemorySource memory, KvLayout.Precision precision, Function<List<PackedSource>, PackedModel> packing)
      throws NotPlannable, IOException {
    this.plan = plan;
    this.kernels = kernels;
    this.workers = workers;
    this.memory = memory;
    this.precision = precision;
    this.contextLength = contextLength;
    this.weights = new Weights(constants);
    Operators operators = kernels.operators(workers);
    List<Form> steps = new ArrayList<>(plan.body());
    steps.addAll(plan.head());
    List<List<Form>> matrices = new ArrayList<>();
    for (Form form : steps) {
      if (Binding.isGeneric(form)) {
        genericSteps.put(form, GenericStep.of(file, form, constants));
      }
      matrices.addAll(Binding.weightsOf(form));
      if (form.kind() instanceof Kind.Lookup) {
        weights.matrix(form.input(1));
      }
    }
    long rowBytes = placed(2, operators).bytes() - placed(1, operators).bytes(); // the head's values have one row
    int rows = Math.clamp(CHUNK_BYTES / Math.max(1, rowBytes), SMALLEST_CHUNK, LARGEST_CHUNK);
    this.chunk = Math.min(rows, Math.max(1, contextLength));
    this.placement = placed(chunk, operators);
    constants.reserve(placement.bytes(), "what a chunk of " + chunk + " tokens computes");
    for (Map.Entry<String, Form> store : plan.stores().entrySet()) {
      constants.reserve((long) Float.BYTES * store.getValue().elements(), "the state " + store.getKey());
    }
    packed = weights.pack(matrices, packing);
  }

  private Placement placed(int rows, Operators operators) {
    List<List<Placement.Slot>> written = new ArrayList<>();
    Map<Placement.Slot, Integer> lastRead = new HashMap<>();
    List<Placement.Slot> operands = new ArrayList<>();
    for (Form form : plan.operands()) {
      operands.add(new Placement.Slot(form, false));
    }
    written.add(operands);
    for (Form form : plan.body()) {
      written.add(slotsOf(form, false));
      read(form, false, written.size() - 1, lastRead);
    }
    List<Placement.Slot> taken = new ArrayList<>();
    for (Form form : plan.taken()) {
      taken.add(new Placement.Slot(form, true));
      lastRead.put(new Placement.Slot(form, false), written.size());
    }
    written.add(taken);
    for (Form form : plan.head()) {
      written.add(slotsOf(form, true));
      read(form, true, written.size() - 1, lastRead);
    }
    lastRead.put(new Placement.Slot(View.of(plan.logits()).base(), true), written.size());
    return new Placement(written, lastRead, slot -> size(slot, slot.head() ? 1 : rows, operators));
  }

  private static List<Placement.Slot> slotsOf(Form form, boolean head) {
    return form.kind() instanceof Kind.Store ? List.of() : List.of(new Placement.Slot(form, head));
  }

  private static void read(Form form, boolean head, int step, Map<Placement.Slot, Integer> lastRead) {
    for (Form input : form.inputs()) {
      lastRead.put(new Placement.Slot(View.of(input).base(), head), step);
    }
  }

  private static long size(Placement.Slot slot, int rows, Operators operators) {
    Form form = slot.form();
    return Binding.isCodes(form) ? operators.codesBytes(rows, form.elements()) : rows * Binding.rowBytes(form);
  }

  /** For each state the window of the rows that read it; {@link Integer#MAX_VALUE} if one sees all. */
  Map<Form, Integer> windows() {
    Map<Form, Integer> windows = new LinkedHashMap<>();
    plan.stores().values().forEach(store -> windows.put(store, 1));
    Set<Form> steps = new HashSet<>(plan.body());
    steps.addAll(plan.head());
    for (Form form : steps) {
      if (form.kind() instanceof Kind.Attention(io.picaflor.kernels.AttentionShape shape)) {
        boolean masked = form.inputs().size() > 3;
        int window = masked ? Integer.MAX_VALUE : shape.window();
        windows.merge(form.input(1), window, Math::max);
        windows.merge(form.input(2), window, Math::max);
      }
    }
    return windows;
  }

  @Override
  public int vocabularySize() {
    return plan.logits().width();
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public String description() {
    return "plan";
  }

  @Override
  public OptionalLong weightBytesPerToken() {
    long bytes = 0;
    for (List<Form> steps : List.of(plan.body(), plan.head())) {
      bytes += steps.stream().mapToLong(PlanDescriber::weightBytes).sum();
    }
    return OptionalLong.of(bytes);
  }

  @Override
  public Executor newExecutor(int length) {
    return new PlanExecutor(this, length, Arena.ofShared());
  }

  @Override
  public WeightCacheUse weightCache() {
    return packed.use();
  }

  @Override
  public Optional<Path> cutFile() {
    return packed.cutFile();
  }

  @Override
  public void close() {
    packed.close();
  }

  Plan plan() {
    return plan;
  }

  Weights weights() {
    return weights;
  }

  Kernels kernels() {
    return kernels;
  }

  Workers workers() {
    return workers;
  }

  MemorySource memory() {
    return memory;
  }

  KvLayout.Precision precision() {
    return precision;
  }

  /** The most tokens that one step takes. */
  int chunk() {
    return chunk;
  }

  Placement placement() {
    return placement;
  }

  GenericStep genericStep(Form form) {
    return genericSteps.get(form);
  }
}
