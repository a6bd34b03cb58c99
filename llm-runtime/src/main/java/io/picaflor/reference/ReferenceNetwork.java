package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Signature;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.session.Executor;
import io.picaflor.session.Network;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A model's signatures as the reference executor runs them: which one decodes, which ones prefill how many rows, and which
 * ones of side graphs (embedders, masks, cache updates) they need.
 *
 * <p>Names and roles: {@code FORMATS.md}, 2.2 and 2.3. Where a file has several cache lengths, the longest is taken.
 */
public final class ReferenceNetwork implements Network {
  private final String file;
  private final Kernels kernels;
  private final Workers workers;
  private final Constants constants;
  private final ModelSignatures signatures;
  private final Map<String, Program> programs = new LinkedHashMap<>();
  private final NavigableMap<Integer, Program> prefills = new TreeMap<>();
  private final Program decode;
  private final int contextLength;

  /**
   * Reads and lowers all signatures that a session may run.
   *
   * @param constants the model's pool
   * @throws ModelFormatException if the graph is damaged
   * @throws UnsupportedModelException if a signature needs what we do not know
   */
  public ReferenceNetwork(ModelFile file, Kernels kernels, Workers workers, Arena arena) throws IOException {
    this(file, kernels, workers, arena, MemoryBudget.ofMachine(file.name()));
  }

  ReferenceNetwork(ModelFile file, Kernels kernels, Workers workers, Arena arena, MemoryBudget budget)
      throws IOException {
    this.file = file.name();
    this.kernels = kernels;
    this.workers = workers;
    this.constants = new Constants(file.name(), kernels, arena, budget);
    signatures = new ModelSignatures(file);
    contextLength = signatures.contextLength();
    decode = lowerMain(signatures.decode());
    require(rows(decode) == 1, "signature " + decode.signature() + " takes " + rows(decode)
        + " tokens at once, expected 1");
    requireLogits();
    for (String name : signatures.prefillNames()) {
      Program program = lowerMain(signatures.main(name));
      prefills.put(rows(program), program);
    }
    requireSameStates();
  }

  private Program lower(Signature signature) throws IOException {
    Program program = Lowering.lower(file, signature, signatures.states(), constants);
    programs.put(signature.name(), program);
    return program;
  }

  /** Lowers a signature that takes tokens or embeddings, with the side signatures that it needs. */
  private Program lowerMain(Signature signature) throws IOException {
    Program program = lower(signature);
    int rows = rows(program);
    require(rows > 0, "signature " + signature.name() + " takes no tokens");
    for (String name : program.inputNames()) {
      Value operand = program.input(name);
      switch (role(program, name, rows)) {
        case EMBEDDINGS -> requireEmbedder(program, "embedder", name, rows);
        case PER_LAYER_EMBEDDINGS -> requireEmbedder(program, "per_layer_embedder", name, rows);
        case COMPUTED_MASK -> requireResult(side(sideName(program, "_mask"), rows), name, operand);
        case COMPUTED_ROTARY -> requireResult(side(sideName(program, "_rope"), rows), name, operand);
        case CACHE_ROWS -> throw malformed(
            "signature " + signature.name() + ": input " + name + " is what the signature itself should compute");
        case TOKENS, POSITIONS, TIME_STEP, VALID_ROWS, CAUSAL_MASK, SLIDING_MASK, POSITION_PARAMETERS, ADAPTER -> {}
      }
    }
    if (program.outputNames().stream()
        .anyMatch(name -> OperandRole.of(name).equals(Optional.of(OperandRole.CACHE_ROWS)))) {
      Program update = side(sideName(program, "_cache_update"), rows);
      for (String name : update.inputNames()) {
        if (OperandRole.of(name).equals(Optional.of(OperandRole.CACHE_ROWS))) {
          requireResult(program, name, update.input(name));
        }
      }
    }
    return program;
  }

  /** The role of an operand that can be filled for so many rows. */
  private OperandRole role(Program program, String name, int rows) throws IOException {
    Value operand = program.input(name);
    String where = "signature " + program.signature() + ": input '" + name + "' ";
    OperandRole role = OperandRole.of(name)
        .orElseThrow(() -> new UnsupportedModelException(file, where + operand + " is none that we know"));
    String fault = new OperandShapes(rows, contextLength, slidingWindow()).fault(role, operand);
    if (fault != null && role == OperandRole.SLIDING_MASK && slidingWindow().isEmpty()) {
      throw new UnsupportedModelException(file, where + "is " + fault);
    }
    require(fault == null, where + "cannot be filled: " + fault);
    return role;
  }

  /** A side signature for so many rows, which takes nothing that side signatures compute. */
  private Program side(String name, int rows) throws IOException {
    Program program = programs.get(name);
    if (program == null) {
      program = lower(signatures.side(name).orElseThrow(() -> new UnsupportedModelException(
          file, "the language model needs the signature " + name + ", which the file does not have")));
    }
    for (String input : program.inputNames()) {
      switch (role(program, input, rows)) {
        case EMBEDDINGS, PER_LAYER_EMBEDDINGS, COMPUTED_MASK, COMPUTED_ROTARY -> throw new UnsupportedModelException(
            file, "signature " + name + ": input '" + input + "' would have to be computed by yet another signature");
        case CACHE_ROWS -> require(name.contains("_cache_update"), "signature " + name + " takes rows of the cache: "
            + input);
        case TOKENS, POSITIONS, TIME_STEP, VALID_ROWS, CAUSAL_MASK, SLIDING_MASK, POSITION_PARAMETERS, ADAPTER -> {}
      }
    }
    return program;
  }

  /** An embedder gives the rows of an operand all at once, or takes one token and gives one row. */
  private void requireEmbedder(Program main, String kind, String input, int rows) throws IOException {
    String name = embedderName(main, kind);
    Optional<Signature> signature = signatures.side(name);
    boolean all = signature.isEmpty() || signature.get().inputs().values().stream()
        .anyMatch(tensor -> tensor.shape().elements() == rows);
    Program embedder = side(name, all ? rows : 1);
    require(embedder.outputNames().size() == 1, "signature " + name + ": expected one result, found "
        + embedder.outputNames());
    Value result = embedder.output(embedder.outputNames().iterator().next());
    Value operand = main.input(input);
    require(result.type() == operand.type() && result.elements() * (all ? 1 : rows) == operand.elements(),
        "signature " + name + " gives " + result + ", " + main.signature() + " takes " + operand + " as " + input);
  }

  private void requireResult(Program side, String name, Value operand) throws ModelFormatException {
    require(side.hasOutput(name), "signature " + side.signature() + " does not give out " + name);
    Value result = side.output(name);
    require(result.type() == operand.type() && result.elements() == operand.elements(),
        "signature " + side.signature() + " gives out " + name + " as " + result + ", expected " + operand);
  }

  private void requireLogits() throws ModelFormatException {
    require(decode.hasOutput("logits"), "signature " + decode.signature() + " gives no logits");
    Value logits = decode.output("logits");
    require(logits.type() == ElementType.FLOAT32 && logits.shape().rank() > 0 && logits.elements() > 0
        && logits.elements() == logits.shape().size(-1), "expected logits of float32 for one token, found " + logits);
  }

  /** All signatures work on the same state: one shape and type for each name. */
  private void requireSameStates() throws IOException {
    Map<String, Value> known = new LinkedHashMap<>();
    for (Program program : programs.values()) {
      for (Map.Entry<String, Value> state : program.states().entrySet()) {
        Value value = state.getValue();
        Value first = known.putIfAbsent(state.getKey(), value);
        require(first == null || first.type() == value.type() && first.shape().equals(value.shape()),
            "signature " + program.signature() + ": state " + state.getKey() + " is " + value + ", elsewhere " + first);
        require(value.elements() > 0, "signature " + program.signature() + ": state " + state.getKey()
            + " has no elements");
        if (first == null) {
          constants.budget().reserve(value.storage().bytes(), "the state " + state.getKey() + " " + value);
        }
      }
    }
  }

  static String sideName(Program program, String side) {
    return ModelSignatures.sideName(program.signature(), side);
  }

  /** The embedder for as many rows as the program has, else one that takes a token at a time. */
  String embedderName(Program program, String kind) {
    return signatures.embedderName(program.signature(), kind);
  }

  /** How many tokens a program takes in one run. */
  private int rows(Program program) throws ModelFormatException {
    for (String name : program.inputNames()) {
      Optional<OperandRole> role = OperandRole.of(name);
      boolean rowwise =
          role.equals(Optional.of(OperandRole.TOKENS)) || role.equals(Optional.of(OperandRole.EMBEDDINGS));
      if (rowwise && program.inputShape(name).rank() >= 2) {
        return program.inputShape(name).size(1);
      }
    }
    throw malformed("signature " + program.signature() + " takes neither tokens nor embeddings");
  }

  private void require(boolean condition, String otherwise) throws ModelFormatException {
    if (!condition) {
      throw malformed(otherwise);
    }
  }

  private ModelFormatException malformed(String problem) {
    return new ModelFormatException(file, "graph", ModelFormatException.NO_OFFSET, problem);
  }

  @Override
  public int vocabularySize() {
    return decode.outputShape("logits").size(-1);
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public String description() {
    return "reference";
  }

  @Override
  public Executor newExecutor(int length) {
    return new ReferenceExecutor(this, length);
  }

  Program decode() {
    return decode;
  }

  /** Programs by the number of rows that they take. */
  NavigableMap<Integer, Program> prefills() {
    return prefills;
  }

  /** Any program by its signature's name. */
  Program program(String signature) {
    return programs.get(signature);
  }

  Collection<Program> programs() {
    return programs.values();
  }

  /** The width of the window of sliding-window layers, where the file's metadata have it. */
  OptionalInt slidingWindow() {
    return signatures.slidingWindow();
  }

  Kernels kernels() {
    return kernels;
  }

  Workers workers() {
    return workers;
  }
}
