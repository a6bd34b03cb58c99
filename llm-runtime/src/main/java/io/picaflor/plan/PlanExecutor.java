package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.kernels.KvBuffer;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Operator;
import io.picaflor.kvcache.BlockShape;
import io.picaflor.kvcache.KvCache;
import io.picaflor.kvcache.KvTransfer;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.kvcache.PositionBuffer;
import io.picaflor.kvcache.RowFormat;
import io.picaflor.session.Executor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * One context of a {@link PlannedNetwork}: the plan's steps bound to memory of its own, and its keys and values.
 *
 * <p>A step takes up to a chunk of tokens through the body; the head runs for the last of them if its logits are wanted.
 */
final class PlanExecutor implements Executor {
  /** How many positions one can surely go back in a ring, such as an answer that is asked for anew. */
  private static final int RING_RESERVE = 256;

  /** From how many of the last tokens one can go back where states run on: what a stop sequence takes away, and more. */
  private static final int SNAPSHOTS = 8;

  private final PlannedNetwork network;
  private final int contextLength;
  private final Arena arena;
  private final KvCache cache;
  private final List<RowFormat> rows = new ArrayList<>();
  private final boolean runsOn;
  private final Operator[] body;
  private final Operator[] takes;
  private final Operator[] head;
  private Optional<MemorySource.Region> values = Optional.empty();
  private final int[] single = new int[1];
  private final GenericStep.Rows tokens;

  /** Positions of tokens where a step reads them as numbers; {@code null} if none does. */
  private final GenericStep.Rows positions;
  private final MaskOperand[] masks;
  private final MemorySegment logits;

  /** Keys or values of a layer in the session's cache. */
  private record SessionBuffer(KvLayout layout, PositionBuffer buffer) implements KvBuffer {
    @Override
    public MemorySegment memory() {
      return buffer.memory();
    }
  }

  /** A mask that steps read as such. */
  private record MaskOperand(Form form, GenericStep.Rows rows) {
    void fill(int count, int position) {
      boolean isFloat = form.type() == ElementType.FLOAT32;
      for (int row = 0; row < count; row++) {
        for (int slot = 0; slot < form.width(); slot++) {
          boolean seen = slot <= position + row;
          long at = row * rows.stride();
          if (isFloat) {
            rows.memory().set(ValueLayout.JAVA_FLOAT, at + 4L * slot, seen ? 0 : Float.NEGATIVE_INFINITY);
          } else {
            rows.memory().set(ValueLayout.JAVA_BYTE, at + slot, (byte) (seen ? 1 : 0));
          }
        }
      }
    }
  }

  /** An empty context. */
  PlanExecutor(PlannedNetwork network, int contextLength, Arena arena) {
    this(network, contextLength, arena, shape -> new KvCache(shape, network.memory()));
  }

  private PlanExecutor(
      PlannedNetwork network, int contextLength, Arena arena, Function<KvCache.Shape, KvCache> caches) {
    this.network = network;
    this.contextLength = contextLength;
    this.arena = arena;
    Plan plan = network.plan();
    List<BlockShape> shapes = new ArrayList<>();
    List<Form> stores = new ArrayList<>(plan.stores().values());
    Map<Form, Integer> reach = network.windows();
    for (Form store : stores) {
      shapes.add(blocks(store, reach.get(store)));
    }
    List<Form> windows = new ArrayList<>(plan.windows().values());
    List<Long> stateBytes = windows.stream().map(form -> form.type().bytes(form.input(0).elements())).toList();
    this.runsOn = !windows.isEmpty();
    this.cache =
        caches.apply(new KvCache.Shape(contextLength, shapes, stateBytes, windows.isEmpty() ? 0 : SNAPSHOTS));
    try {
      Map<Form, KvBuffer> buffers = new HashMap<>();
      for (int i = 0; i < stores.size(); i++) {
        KvLayout layout = layout(stores.get(i), shapes.get(i).capacity());
        buffers.put(stores.get(i), new SessionBuffer(layout, cache.buffers().get(i)));
        rows.add(new KvRows(layout));
      }
      Map<Form, MemorySegment> states = new HashMap<>();
      for (int i = 0; i < windows.size(); i++) {
        states.put(windows.get(i), cache.states().get(i).memory());
      }
      this.values = Optional.of(region(network.memory(), network.placement().bytes()));
      MemorySegment memory = values.get().memory();
      Binding binding = new Binding(network, memory, buffers, states, arena);
      this.body = bound(plan.body(), false, binding);
      this.takes = taken(plan.taken(), binding);
      this.head = bound(plan.head(), true, binding);
      this.logits = binding.matrix(plan.logits(), true).memory().asSlice(0, 4L * plan.logits().elements());
      GenericStep.Rows ids = null;
      GenericStep.Rows places = null;
      List<MaskOperand> found = new ArrayList<>();
      for (Form form : plan.operands()) {
        GenericStep.Rows rows = binding.rows(form, false);
        switch (((Kind.Operand) form.kind()).role()) {
          case TOKENS -> ids = rows;
          case POSITIONS -> places = rows;
          case CAUSAL_MASK -> found.add(new MaskOperand(form, rows));
          default -> throw new IllegalStateException("no plan reads " + form);
        }
      }
      this.tokens = Objects.requireNonNull(ids, "each plan reads tokens");
      this.positions = places;
      this.masks = found.toArray(MaskOperand[]::new);
    } catch (ModelFormatException | UnsupportedModelException e) {
      close();
      throw new IllegalStateException("what was checked when the model was loaded does not hold any more", e);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Of a chunk's values only the rows that are used are touched. */
  private static MemorySource.Region region(MemorySource source, long bytes) {
    return source.reserve(bytes).orElseGet(() -> source.allocate(bytes));
  }

  private BlockShape blocks(Form store, int window) {
    long blockBytes = layout(store, KvLayout.BLOCK).blockBytes();
    return window == Integer.MAX_VALUE
        ? BlockShape.full(blockBytes, KvLayout.BLOCK, contextLength)
        : BlockShape.ring(blockBytes, KvLayout.BLOCK, window, network.chunk(), RING_RESERVE, contextLength);
  }

  private KvLayout layout(Form store, int capacity) {
    StoredHeads heads = StoredHeads.of(store).orElseThrow();
    boolean isKey = network.plan().isKey(store);
    return new KvLayout(isKey ? KvLayout.Kind.KEYS : KvLayout.Kind.VALUES, heads.heads(), heads.headSize(),
        network.precision(), capacity);
  }

  private static Operator[] bound(List<Form> steps, boolean head, Binding binding)
      throws ModelFormatException, UnsupportedModelException {
    Operator[] operators = new Operator[steps.size()];
    for (int i = 0; i < operators.length; i++) {
      operators[i] = binding.bind(steps.get(i), head);
    }
    return operators;
  }

  private static Operator[] taken(List<Form> values, Binding binding)
      throws ModelFormatException, UnsupportedModelException {
    Operator[] operators = new Operator[values.size()];
    for (int i = 0; i < operators.length; i++) {
      Form form = values.get(i);
      GenericStep.Rows source = binding.rows(form, false);
      operators[i] = new TakeStep(source.memory(), source.stride(), binding.rows(form, true).memory(),
          form.type().bytes(form.elements()));
    }
    return operators;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public int position() {
    return cache.position();
  }

  @Override
  public int prefill(int[] ids, BooleanSupplier cancelled) {
    require(ids);
    int fed = 0;
    while (fed < ids.length && !cancelled.getAsBoolean()) {
      int rows = Math.min(largestStep(), ids.length - fed);
      feed(ids, fed, rows);
      cache.advance(rows);
      fed += rows;
    }
    keepStates();
    return fed;
  }

  @Override
  public MemorySegment evaluate(int[] ids, BooleanSupplier cancelled) {
    require(ids);
    int last = (ids.length - 1) / largestStep() * largestStep();
    if (last > 0 && prefill(Arrays.copyOf(ids, last), cancelled) < last || cancelled.getAsBoolean()) {
      return null;
    }
    int rows = ids.length - last;
    feed(ids, last, rows);
    return logitsOfLast(rows);
  }

  @Override
  public MemorySegment decode(int token) {
    requireRoom(1);
    requireKnown(token);
    single[0] = token;
    feed(single, 0, 1);
    return logitsOfLast(1);
  }

  /** Runs the head for the last of the rows that were just fed, and counts them. */
  private MemorySegment logitsOfLast(int rows) {
    int position = cache.position();
    for (Operator operator : takes) {
      operator.run(rows, position);
    }
    for (Operator operator : head) {
      operator.run(1, position + rows - 1);
    }
    cache.advance(rows);
    keepStates();
    return logits;
  }

  private void keepStates() {
    if (runsOn) {
      cache.snapshot();
    }
  }

  private int largestStep() {
    return Math.min(network.chunk(), cache.largestStep());
  }

  private void feed(int[] ids, int from, int rows) {
    cache.makeRoom(rows);
    int position = cache.position();
    for (int row = 0; row < rows; row++) {
      tokens.memory().set(ValueLayout.JAVA_INT, row * tokens.stride(), ids[from + row]);
      if (positions != null) {
        positions.memory().set(ValueLayout.JAVA_INT, row * positions.stride(), position + row);
      }
    }
    for (MaskOperand mask : masks) {
      mask.fill(rows, position);
    }
    for (Operator operator : body) {
      operator.run(rows, position);
    }
  }

  private void require(int[] ids) {
    requireRoom(ids.length);
    for (int id : ids) {
      requireKnown(id);
    }
  }

  private void requireRoom(int count) {
    if (count > contextLength - cache.position()) {
      throw new IllegalArgumentException(
          "expected at most " + (contextLength - cache.position()) + " tokens, found " + count);
    }
  }

  private void requireKnown(int token) {
    if (token < 0 || token >= network.vocabularySize()) {
      throw new IllegalArgumentException(
          "token: expected an id of 0 to " + (network.vocabularySize() - 1) + ", found " + token);
    }
  }

  @Override
  public int rewind(int position) {
    return cache.rewind(position);
  }

  @Override
  public Executor fork() {
    return new PlanExecutor(network, contextLength, Arena.ofShared(), _ -> cache.fork());
  }

  @Override
  public Optional<KvTransfer> transfer() {
    return Optional.of(new KvTransfer(cache, rows));
  }

  @Override
  public void close() {
    cache.close();
    values.ifPresent(region -> region.free().run());
    values = Optional.empty();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
