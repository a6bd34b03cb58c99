package io.picaflor.reference;

import io.picaflor.kvcache.BlockShape;
import io.picaflor.kvcache.KvCache;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.session.Executor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * One context of a {@link ReferenceNetwork}: runs its prefill signatures and {@code decode} on a KV cache of its own.
 *
 * <p>Prefill takes the largest signature that the tokens fill, and a padded one for the rest. A padded or full run writes as
 * many rows as the signature has, so it is used only where all of them fit: an update that does not fit would be moved back
 * over good rows ({@code FORMATS.md}, 2.4).
 */
final class ReferenceExecutor implements Executor {
  /** A row of a run of many costs about this fraction of a token that is decoded alone. */
  private static final int ROWS_PER_DECODE = 16;

  /** How names of state begin that is no function of positions. */
  private static final List<String> RUNNING_STATE = List.of("kv_cache_c_", "kv_cache_r_");

  private final ReferenceNetwork network;
  private final int contextLength;
  private final KvCache cache;
  private final Map<String, MemorySegment> states = new LinkedHashMap<>();
  private final boolean positional;
  private final Arena arena = Arena.ofShared();
  private final Map<Program, Frame> frames = new HashMap<>();

  /** An empty context. */
  ReferenceExecutor(ReferenceNetwork network, int contextLength) {
    this(network, contextLength, shape -> new KvCache(shape, MemorySource.reserved()));
  }

  private ReferenceExecutor(ReferenceNetwork network, int contextLength, Function<KvCache.Shape, KvCache> caches) {
    this.network = network;
    this.contextLength = contextLength;
    Map<String, Long> bytes = new LinkedHashMap<>();
    network.programs().forEach(program -> bytes.putAll(program.stateBytes()));
    Map<String, Long> positions = new LinkedHashMap<>();
    Map<String, Long> running = new LinkedHashMap<>();
    bytes.forEach((name, size) -> (isPositional(name) ? positions : running).put(name, size));
    this.positional = running.isEmpty();
    int context = network.contextLength();
    // The layout is the graph's, so a buffer is one block.
    List<BlockShape> blocks =
        positions.values().stream().map(size -> BlockShape.full(size, context, context)).toList();
    this.cache = caches.apply(new KvCache.Shape(context, blocks, List.copyOf(running.values()), 0));
    cache.makeRoom(Math.min(1, cache.remaining())); // from here on a buffer of one block stays where it is
    var buffers = cache.buffers().iterator();
    positions.keySet().forEach(name -> states.put(name, buffers.next().memory()));
    var runningStates = cache.states().iterator();
    running.keySet().forEach(name -> states.put(name, runningStates.next().memory()));
  }

  /**
   * Whether a state has a row for each position, so that forgetting rows is all that going back takes. Convolutions and
   * recurrences have none, even where a size of theirs happens to be the context's.
   */
  private boolean isPositional(String name) {
    return RUNNING_STATE.stream().noneMatch(name::startsWith) && network.programs()
        .stream()
        .filter(program -> program.stateBytes().containsKey(name))
        .allMatch(
            program -> Arrays.stream(program.stateShape(name).sizes())
                .anyMatch(size -> size == network.contextLength()));
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
  public int prefill(int[] tokens, BooleanSupplier cancelled) {
    requireRoom(tokens.length);
    for (int token : tokens) {
      requireKnown(token);
    }
    int fed = 0;
    while (fed < tokens.length && !cancelled.getAsBoolean()) {
      Map.Entry<Integer, Program> chosen = programFor(tokens, fed);
      int rows = chosen.getKey();
      int count = Math.min(rows, tokens.length - fed);
      run(chosen.getValue(), new Call(tokens, fed, count, rows, cache.position()));
      fed += count;
    }
    return fed;
  }

  /** The program for the next tokens, with the number of rows that it takes. */
  private Map.Entry<Integer, Program> programFor(int[] tokens, int fed) {
    int left = tokens.length - fed;
    int room = cache.capacity() - cache.position();
    Map.Entry<Integer, Program> full = network.prefills().floorEntry(Math.min(left, room));
    if (full != null && (positional || !holdsPadding(tokens, fed, full.getKey()))) {
      return full;
    }
    Map.Entry<Integer, Program> padded = network.prefills().ceilingEntry(left);
    boolean fits = padded != null && padded.getKey() <= room && left > 1 && left * ROWS_PER_DECODE >= padded.getKey();
    return fits && positional ? padded : Map.entry(1, network.decode());
  }

  /** Graphs whose state is no function of positions take rows of token 0 for padding, even real ones. */
  private static boolean holdsPadding(int[] tokens, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (tokens[i] == 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public MemorySegment decode(int token) {
    requireRoom(1);
    requireKnown(token);
    return run(network.decode(), new Call(new int[] {token}, 0, 1, 1, cache.position())).output("logits");
  }

  private void requireRoom(int tokens) {
    if (tokens > contextLength - cache.position()) {
      throw new IllegalArgumentException(
          "expected at most " + (contextLength - cache.position()) + " tokens, found " + tokens);
    }
  }

  private void requireKnown(int token) {
    if (token < 0 || token >= network.vocabularySize()) {
      throw new IllegalArgumentException(
          "token: expected an id of 0 to " + (network.vocabularySize() - 1) + ", found " + token);
    }
  }

  private Frame run(Program program, Call call) {
    cache.makeRoom(call.count());
    Frame frame = frame(program);
    new CallOperands(network, this::frame, program, call).fill(frame);
    frame.run();
    Program update = network.program(ReferenceNetwork.sideName(program, "_cache_update"));
    if (update != null) {
      new CallOperands(network, this::frame, program, call).fill(frame(update));
      frame(update).run();
    }
    cache.advance(call.count());
    return frame;
  }

  /** The program's frame, made when it is first run. Side graphs run between others, so each has scratch memory of its own. */
  private Frame frame(Program program) {
    return frames.computeIfAbsent(program, p -> {
      MemorySegment memory = arena.allocate(Math.max(1, p.scratchBytes()), 64);
      return new Frame(p, memory, states, arena, network.kernels(), network.workers());
    });
  }

  @Override
  public int rewind(int position) {
    return cache.rewind(position);
  }

  @Override
  public Executor fork() {
    return new ReferenceExecutor(network, contextLength, _ -> cache.fork());
  }

  @Override
  public void close() {
    cache.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
