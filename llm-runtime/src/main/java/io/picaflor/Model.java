package io.picaflor;

import io.picaflor.description.FileDescriber;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.CacheEntry;
import io.picaflor.model.CachedTokenizer;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.Fingerprint;
import io.picaflor.model.LlmMetadata;
import io.picaflor.model.ModelFile;
import io.picaflor.prompt.AffixFormat;
import io.picaflor.prompt.JinjaFormat;
import io.picaflor.prompt.PromptFormat;
import io.picaflor.prompt.SpecialTokens;
import io.picaflor.plan.NetworkLoader;
import io.picaflor.plan.NumericWitness;
import io.picaflor.plan.PlanDescriber;
import io.picaflor.plan.PlannedNetwork;
import io.picaflor.reference.ReferenceNetwork;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.session.Executor;
import io.picaflor.session.LoadClock;
import io.picaflor.session.LoadClock.Phase;
import io.picaflor.session.Network;
import io.picaflor.session.SavedSession;
import io.picaflor.session.PeakMemory;
import io.picaflor.tokenizer.ByteLevelText;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.weightcache.CachePlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * A language model, loaded from a {@code .litertlm}, {@code .task} or {@code .tflite} file, whose weights stay mapped.
 *
 * <p>Safe for many threads; each of them takes a {@link Session} of its own. {@link #close} lets go of the file once the last
 * session is closed too.
 */
public final class Model implements AutoCloseable {
  private final ModelFile file;
  private final Arena arena;
  private final Kernels kernels;
  private final Workers workers;
  private final Network network;
  private final Optional<Tokenizer> tokenizer;
  private final Optional<LlmMetadata> metadata;
  private final SpecialTokens specialTokens;
  private final Optional<PromptFormat> promptFormat;
  private final LoadPhases loadPhases;

  /** Open sessions, and one for the model itself until it is closed. */
  private int users = 1;

  private boolean closed;

  private Model(ModelFile file, ModelOptions options, LoadClock clock) throws IOException {
    clock.enter(Phase.KERNELS);
    this.file = file;
    this.kernels = Kernels.choose(options.kernels().orElse(null));
    this.arena = Arena.ofShared();
    this.workers = Workers.ofProcess(options.threadCount());
    ContentRecord record = ContentRecord.of(file, CacheEntry.place(file, options.weightCache()));
    Network loaded = null;
    try {
      loaded = NetworkLoader.load(file, kernels, workers, arena, MemorySource.reserved(), options, record, clock);
      this.network = loaded;
      clock.enter(Phase.TOKENIZER);
      this.tokenizer = readTokenizer(file, CacheEntry.place(file, options.weightCache(), loaded.weightCache()),
          record);
      this.metadata = file.metadata();
      this.specialTokens = metadata.map(m -> SpecialTokens.of(m, tokenizer)).orElse(SpecialTokens.NONE);
      this.promptFormat = tokenizer.isEmpty() ? Optional.empty() : metadata.flatMap(this::promptFormat);
      file.releasePages();
    } catch (IOException | RuntimeException | Error e) {
      if (loaded != null) {
        loaded.close();
      }
      workers.close();
      arena.close();
      throw e;
    }
    clock.enter(Phase.TOKENIZER);
    this.loadPhases = new LoadPhases(clock.taken(Phase.OPEN), clock.taken(Phase.KERNELS), clock.taken(Phase.PLAN),
        clock.taken(Phase.WEIGHTS), clock.taken(Phase.TOKENIZER));
    PeakMemory.sample();
  }

  /** The file's Jinja template first, else its prefixes and suffixes. */
  private Optional<PromptFormat> promptFormat(LlmMetadata from) {
    if (from.jinjaTemplate().isPresent()) {
      Optional<String> start = specialTokens.start().stream().mapToObj(tokenizer.get()::pieceOf).findFirst();
      Optional<String> end =
          specialTokens.stops().stream().filter(s -> s.length == 1).findFirst().map(s -> tokenizer.get().pieceOf(s[0]));
      return Optional.of(new JinjaFormat(from.jinjaTemplate().get(), start, end));
    }
    return from.promptTemplates().map(AffixFormat::new);
  }

  /** Loads a model with {@link ModelOptions#DEFAULT}; see {@link #load(Path, ModelOptions)}. */
  public static Model load(Path path) throws IOException {
    return load(path, ModelOptions.DEFAULT);
  }

  /**
   * Loads a model. The file is mapped, not read as a whole; it must not change while the model is open. Weights in the form that
   * the kernels read are kept in a file of their own, which the next load maps: {@link WeightCachePlace}.
   *
   * @throws ModelFormatException if the file is damaged or no model: says where and what
   * @throws UnsupportedModelException if the file is sound and needs something that this version does not do: says what
   * @throws IOException if the file cannot be read
   * @throws UnsupportedOperationException if that tier cannot run here
   */
  public static Model load(Path path, ModelOptions options) throws IOException {
    LoadClock clock = new LoadClock();
    return load(ModelFile.open(path), options, clock);
  }

  /**
   * Loads a model from memory, such as a resource.
   *
   * @param name what messages call it
   * @param bytes the whole file; must stay valid and unchanged while the model is open
   */
  public static Model load(String name, MemorySegment bytes, ModelOptions options) throws IOException {
    LoadClock clock = new LoadClock();
    return load(ModelFile.of(name, bytes), options, clock);
  }

  private static Model load(ModelFile file, ModelOptions options, LoadClock clock) throws IOException {
    try {
      return new Model(file, options, clock);
    } catch (InternalError fault) {
      ModelFormatException clear = file.explain(fault);
      file.close();
      throw clear;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Says what is in a model file, whether or not it runs here. Nothing of the file stays open.
   *
   * @throws ModelFormatException if the file is damaged or no model: says where and what
   * @throws UnsupportedModelException if its container is of a kind or version that we do not read
   * @throws IOException if the file cannot be read
   */
  public static ModelDescription describe(Path path) throws IOException {
    return describe(ModelFile.open(path));
  }

  /** The same from memory; see {@link #load(String, MemorySegment, ModelOptions)}. */
  public static ModelDescription describe(String name, MemorySegment bytes) throws IOException {
    return describe(ModelFile.of(name, bytes));
  }

  private static ModelDescription describe(ModelFile opened) throws IOException {
    try (ModelFile file = opened) {
      return describeOpen(file);
    } catch (InternalError fault) {
      throw opened.explain(fault);
    }
  }

  private static ModelDescription describeOpen(ModelFile file) throws IOException {
    FileDescriber describer = new FileDescriber(file);
    // The plain kernels read weights as they lie in the file: nothing is packed for a look at it.
    try (Model model = new Model(file, ModelOptions.DEFAULT.withKernels("scalar").withThreads(1), new LoadClock())) {
      ModelDescription.Execution execution = new ModelDescription.Execution(
          Optional.of(model.network()), OptionalInt.of(model.contextLength()), OptionalInt.of(model.vocabularySize()),
          Optional.empty());
      return describer.describe(model.tokenizer, model.metadata.flatMap(LlmMetadata::sampler).map(Model::options),
          execution);
    } catch (UnsupportedModelException e) {
      ModelDescription.Execution execution = new ModelDescription.Execution(
          Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), Optional.of(e.what()));
      return describer.describe(
          readTokenizer(file, CachePlace.none(), ContentRecord.NONE),
          file.metadata().flatMap(LlmMetadata::sampler).map(Model::options),
          execution);
    }
  }

  /**
   * Says what a model computes for a token, step by step, or why there is no plan of it. Nothing of the file stays open.
   *
   * @throws IOException as {@link #describe(Path)}
   */
  public static PlanDescription describePlan(Path path) throws IOException {
    return describePlan(ModelFile.open(path));
  }

  /** The same from memory; see {@link #load(String, MemorySegment, ModelOptions)}. */
  public static PlanDescription describePlan(String name, MemorySegment bytes) throws IOException {
    return describePlan(ModelFile.of(name, bytes));
  }

  private static PlanDescription describePlan(ModelFile opened) throws IOException {
    try (ModelFile file = opened) {
      return PlanDescriber.describe(new ModelSignatures(file));
    } catch (InternalError fault) {
      throw opened.explain(fault);
    }
  }

  /**
   * Runs this model's plan and the reference executor on the same few tokens, and compares their logits.
   *
   * @return empty if the model has no plan
   * @throws IOException if the file cannot be read any more
   */
  public Optional<PlanVerification> verify() throws IOException {
    retain();
    try (Arena own = Arena.ofShared()) {
      return network instanceof PlannedNetwork
          ? Optional.of(NumericWitness.compare(network, new ReferenceNetwork(file, kernels, workers, own)))
          : Optional.empty();
    } catch (InternalError fault) {
      throw explain(fault);
    } finally {
      release();
    }
  }

  /** Bytes of weights that decoding one token reads; empty if the model has no plan. */
  public OptionalLong bytesPerToken() {
    return network.weightBytesPerToken();
  }

  /**
   * Reads the tokenizer alone: of a model file, or a bare {@code tokenizer.json} or SentencePiece model.
   *
   * @throws IOException if the file cannot be read, is damaged, or has no tokenizer
   */
  public static Tokenizer loadTokenizer(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(path)) {
      return loadTokenizer(path.toString(), channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    }
  }

  /** The same from memory. */
  public static Tokenizer loadTokenizer(String name, MemorySegment bytes) throws IOException {
    if (!ModelFile.isModel(name, bytes)) {
      return CachedTokenizer.parse(name, bytes);
    }
    try (ModelFile file = ModelFile.of(name, bytes)) {
      return readTokenizer(file, CachePlace.none(), ContentRecord.NONE)
          .orElseThrow(() -> new UnsupportedModelException(name, "the file has no tokenizer"));
    }
  }

  private static Optional<Tokenizer> readTokenizer(ModelFile file, CachePlace place, ContentRecord record)
      throws IOException {
    Optional<Tokenizer> pieces = CachedTokenizer.read(file, place, record);
    boolean byteCharacters = file.metadata().map(LlmMetadata::bytesToUnicode).orElse(false);
    return byteCharacters ? pieces.map(ByteLevelText::new) : pieces;
  }

  /** The file's name, as it was given. */
  public String name() {
    return file.name();
  }

  /** Token ids are 0 to this number less one. */
  public int vocabularySize() {
    return network.vocabularySize();
  }

  /** The most tokens that a session can hold: the smaller of the KV cache's length and the limit that the file names. */
  public int contextLength() {
    int limit = metadata.map(LlmMetadata::maxNumTokens).orElse(OptionalInt.empty()).orElse(Integer.MAX_VALUE);
    return Math.min(network.contextLength(), limit);
  }

  /** The file's tokenizer; a model without one takes and gives token ids only. */
  public Optional<Tokenizer> tokenizer() {
    return tokenizer;
  }

  /** The token that stands before all text; empty if the file names none. */
  public OptionalInt startToken() {
    return specialTokens.start();
  }

  /** How the file says that tokens should be chosen; greedily if it says nothing. */
  public GenerationOptions defaultOptions() {
    return metadata.flatMap(LlmMetadata::sampler).map(Model::options).orElse(GenerationOptions.GREEDY);
  }

  private static GenerationOptions options(LlmMetadata.Sampler sampler) {
    // The format stores no zeros: an absent temperature is 0, which is greedy.
    if (sampler.type() == LlmMetadata.SamplerType.GREEDY || sampler.temperature().isEmpty()) {
      return GenerationOptions.GREEDY;
    }
    boolean topP = sampler.type() != LlmMetadata.SamplerType.TOP_K;
    return GenerationOptions.GREEDY
        .withTemperature(Math.min(100, sampler.temperature().get()))
        .withTopK(sampler.k().orElse(0))
        .withTopP(topP ? sampler.p().orElse(1f) : 1)
        .withSeed(sampler.seed().orElse(0));
  }

  /** How conversations become prompts, if the file says so: where from, for people. */
  public Optional<String> chatFormat() {
    return promptFormat.map(PromptFormat::description);
  }

  /** A new empty context of {@link #contextLength()} tokens. */
  public Session newSession() {
    return newSession(contextLength());
  }

  /**
   * A new empty context.
   *
   * @param contextLength the most tokens that it has to hold
   * @throws IllegalArgumentException if that is not 1 to {@link #contextLength()}
   * @throws IllegalStateException if the model is closed
   */
  public Session newSession(int contextLength) {
    if (contextLength < 1 || contextLength > contextLength()) {
      throw new IllegalArgumentException(
          "context: expected 1 to " + contextLength() + " tokens (the model's limit), found " + contextLength);
    }
    return newSession(() -> network.newExecutor(contextLength));
  }

  /** A session on a context that is made for it. */
  Session newSession(Supplier<Executor> context) {
    retain();
    try {
      long start = System.nanoTime();
      Executor executor = context.get();
      return new Session(this, executor, Duration.ofNanos(System.nanoTime() - start));
    } catch (InternalError fault) {
      release();
      throw new UncheckedIOException(explain(fault));
    } catch (RuntimeException | Error e) {
      release();
      throw e;
    }
  }

  /**
   * A new session that goes on where one was saved, with the context's length that it had; see {@link Session#save}.
   *
   * <p>What the saved session would have computed next, this one computes with the same bits in the same tier of kernels, and
   * within their bounds in another. The model may be loaded from another path, with other threads and kernels, but it has to be
   * the same file, and keep keys and values in the same precision.
   *
   * @throws SessionFormatException if the file is damaged, no saved session, or one of another model, precision or version
   * @throws IOException if the file cannot be read
   * @throws IllegalStateException if the model is closed
   */
  public Session restore(Path file) throws IOException {
    try (SavedSession saved = SavedSession.open(file)) {
      saved.requireOf(fingerprint(), contextLength(), vocabularySize());
      Session session = newSession(saved.contextLength());
      try {
        session.goOnFrom(saved);
        return session;
      } catch (IOException | RuntimeException | Error e) {
        session.close();
        throw e;
      }
    }
  }

  /** Tells this model's file from others. */
  byte[] fingerprint() throws IOException {
    retain();
    try {
      return Fingerprint.of(file.bytes().segment());
    } catch (InternalError fault) {
      throw explain(fault);
    } finally {
      release();
    }
  }

  /**
   * A conversation in a new session.
   *
   * @throws UnsupportedOperationException if the file has no template that we can use; see {@link #chatFormat()}
   */
  public ChatSession newChat() {
    requireFormat();
    return newChat(newSession());
  }

  /** A conversation in an empty session of this model, which it closes in the end. */
  public ChatSession newChat(Session session) {
    return new ChatSession(session, requireFormat());
  }

  private PromptFormat requireFormat() {
    return promptFormat.orElseThrow(
        () -> new UnsupportedOperationException(
            name() + ": the file has no chat template; use newSession() for raw text"));
  }

  private synchronized void retain() {
    if (closed) {
      throw new IllegalStateException(name() + ": the model is closed");
    }
    users++;
  }

  /** Called by each session once when it is closed. */
  void release() {
    boolean last;
    synchronized (this) {
      last = --users == 0;
    }
    if (last) {
      network.close();
      workers.close();
      arena.close();
      file.close();
    }
  }

  /** Takes no new sessions and frees everything when the last open one is closed. A second time does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    release();
  }

  SpecialTokens specialTokens() {
    return specialTokens;
  }

  LoadPhases loadPhases() {
    return loadPhases;
  }

  Kernels kernels() {
    return kernels;
  }

  /** Where the packed weights came from. */
  public WeightCacheUse weightCache() {
    return network.weightCache();
  }

  String network() {
    return network.description();
  }

  int threads() {
    return workers.threads();
  }

  Workers workers() {
    return workers;
  }

  /** What to throw when reading a mapped file raised a fault. */
  ModelFormatException explain(InternalError fault) {
    return network.cutFile()
        .map(cut -> new ModelFormatException(cut.toString(), "", ModelFormatException.NO_OFFSET,
            "this file of the weight cache was cut while it was in use; load the model again, which builds it anew",
            fault))
        .orElseGet(() -> file.explain(fault));
  }
}
