package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.GraphReader;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ExecutorMetadata;
import io.picaflor.model.ModelFile;
import io.picaflor.model.ModelRole;
import io.picaflor.session.Executor;
import io.picaflor.session.Network;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model's signatures as the reference executor runs them: which one decodes, which ones prefill how many rows, and which
 * ones of side graphs (embedders, masks, cache updates) they need.
 *
 * <p>Names and roles: {@code FORMATS.md}, 2.2 and 2.3. Where a file has several cache lengths, the longest is taken.
 */
public final class ReferenceNetwork implements Network {
  private static final Pattern DECODE = Pattern.compile("decode(_cache_(\\d{1,9}))?");
  private static final Pattern PREFILL = Pattern.compile("prefill(_\\d{1,9})?(_cache_\\d{1,9})?");

  private final String file;
  private final Kernels kernels;
  private final Workers workers;
  private final Constants constants;
  private final Map<ModelRole, GraphReader> graphs = new EnumMap<>(ModelRole.class);
  private final Map<String, Program> programs = new LinkedHashMap<>();
  private final NavigableMap<Integer, Program> prefills = new TreeMap<>();
  private final Set<String> states = new HashSet<>();
  private final Program decode;
  private final int contextLength;
  private final OptionalInt slidingWindow;

  /**
   * Reads and lowers all signatures that a session may run.
   *
   * @param constants the model's pool
   * @throws ModelFormatException if the graph is damaged
   * @throws UnsupportedModelException if a signature needs what we do not know
   */
  public ReferenceNetwork(ModelFile file, Kernels kernels, Workers workers, Arena arena) throws IOException {
    this.file = file.name();
    this.kernels = kernels;
    this.workers = workers;
    this.constants = new Constants(file.name(), kernels, arena);
    file.requireGraph(ModelRole.PREFILL_DECODE);
    for (ModelRole role : ModelRole.values()) {
      if (file.graph(role).isPresent()) {
        graphs.put(role, new GraphReader(file.graph(role).get(), file.externalWeights(role)));
      }
    }
    slidingWindow = file.executorMetadata()
        .flatMap(ExecutorMetadata::masks)
        .map(ExecutorMetadata.Masks::slidingWindow)
        .orElse(OptionalInt.empty());

    GraphReader main = graphs.get(ModelRole.PREFILL_DECODE);
    Signature decodeSignature = main.signature(decodeName(main.signatureNames()));
    String suffix = decodeSignature.name().substring("decode".length());
    contextLength = contextLength(decodeSignature);
    collectStates();
    decode = lower(decodeSignature);
    require(decode.hasOutput("logits"), "signature " + decode.signature() + " gives no logits");
    for (String name : main.signatureNames()) {
      Matcher matcher = PREFILL.matcher(name);
      if (matcher.matches() && suffix.equals(matcher.group(2) == null ? "" : matcher.group(2))) {
        Program program = lower(main.signature(name));
        prefills.put(rows(program), program);
      }
    }
    graphs.clear();
  }

  private String decodeName(Collection<String> names) throws UnsupportedModelException {
    String best = null;
    int longest = -1;
    for (String name : names) {
      Matcher matcher = DECODE.matcher(name);
      int length = !matcher.matches() ? -1 : matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
      if (length > longest) {
        longest = length;
        best = name;
      }
    }
    if (best == null) {
      throw new UnsupportedModelException(file, "no signature 'decode'; the graph has " + names);
    }
    return best;
  }

  /** Operands that some signature also returns are state, in all signatures. */
  private void collectStates() throws IOException {
    for (GraphReader graph : graphs.values()) {
      for (String name : graph.signatureNames()) {
        if (name.startsWith("decode")) {
          Signature signature = graph.signature(name);
          signature.inputs().keySet().stream().filter(signature.outputs()::containsKey).forEach(states::add);
        }
      }
    }
  }

  private Program lower(Signature signature) throws IOException {
    Program program = Lowering.lower(file, signature, states, constants);
    programs.put(signature.name(), program);
    for (String input : program.inputNames()) {
      OperandRole role = OperandRole.of(input)
          .orElseThrow(() -> new UnsupportedModelException(
              file, "signature " + signature.name() + ": input '" + input + "' " + signature.inputs().get(input).describe()
                  + " is none that we know"));
      for (String side : sideSignatures(role, program)) {
        lowerSide(side);
      }
    }
    if (program.outputNames().stream().anyMatch(name -> OperandRole.of(name).equals(Optional.of(OperandRole.CACHE_ROWS)))) {
      lowerSide(sideName(program, "_cache_update"));
    }
    return program;
  }

  /** Names of the side signatures that fill an operand of a program. */
  private Set<String> sideSignatures(OperandRole role, Program program) {
    return switch (role) {
      case EMBEDDINGS -> Set.of(embedderName(program, "embedder"));
      case PER_LAYER_EMBEDDINGS -> Set.of(embedderName(program, "per_layer_embedder"));
      case COMPUTED_MASK -> Set.of(sideName(program, "_mask"));
      case COMPUTED_ROTARY -> Set.of(sideName(program, "_rope"));
      default -> Set.of();
    };
  }

  /** {@code prefill_128} and {@code _mask} give {@code prefill_mask_128}. */
  static String sideName(Program program, String side) {
    String name = program.signature();
    int rest = name.startsWith("decode") ? "decode".length() : "prefill".length();
    return name.substring(0, rest) + side + name.substring(rest);
  }

  /** The embedder for as many rows as the program has, else one that takes a token at a time. */
  String embedderName(Program program, String kind) {
    for (String name : new String[] {sideName(program, "_" + kind), kind, "decode_" + kind}) {
      if (programs.containsKey(name) || graphs.values().stream().anyMatch(g -> g.signatureNames().contains(name))) {
        return name;
      }
    }
    return sideName(program, "_" + kind);
  }

  private void lowerSide(String name) throws IOException {
    if (programs.containsKey(name)) {
      return;
    }
    for (GraphReader graph : graphs.values()) {
      if (graph.signatureNames().contains(name)) {
        lower(graph.signature(name));
        return;
      }
    }
    throw new UnsupportedModelException(file, "the language model needs the signature " + name + ", which the file does not have");
  }

  private int contextLength(Signature signature) throws IOException {
    for (Map.Entry<String, Tensor> input : signature.inputs().entrySet()) {
      Optional<OperandRole> role = OperandRole.of(input.getKey());
      if (role.equals(Optional.of(OperandRole.CAUSAL_MASK))) {
        return input.getValue().shape().size(-1);
      }
      if (input.getKey().equals("mask_global")) { // the cache, then the new row
        return input.getValue().shape().size(-1) - 1;
      }
    }
    int longest = longestUpdate(signature.body(), Collections.newSetFromMap(new IdentityHashMap<>()));
    require(longest > 0, "cannot tell the length of the KV cache: no mask, and no update of a cache");
    return longest;
  }

  /** Without a mask, the dimension along which a cache is updated tells its length. */
  private static int longestUpdate(Subgraph subgraph, Set<Subgraph> seen) {
    int longest = 0;
    if (!seen.add(subgraph)) {
      return longest;
    }
    for (Node node : subgraph.nodes()) {
      if (node.op() instanceof Op.Composite composite) {
        longest = Math.max(longest, longestUpdate(composite.decomposition(), seen));
      } else if (node.op() instanceof Op.DynamicUpdateSlice) {
        Tensor cache = node.input(0);
        Tensor update = node.input(1);
        for (int i = 0; i < Math.min(cache.shape().rank(), update.shape().rank()); i++) {
          if (cache.shape().size(i) != update.shape().size(i)) {
            longest = Math.max(longest, cache.shape().size(i));
          }
        }
      }
    }
    return longest;
  }

  /** How many tokens a program takes in one run. */
  private int rows(Program program) throws ModelFormatException {
    for (String name : program.inputNames()) {
      Optional<OperandRole> role = OperandRole.of(name);
      boolean rowwise = role.equals(Optional.of(OperandRole.TOKENS)) || role.equals(Optional.of(OperandRole.EMBEDDINGS));
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
    return slidingWindow;
  }

  Kernels kernels() {
    return kernels;
  }

  Workers workers() {
    return workers;
  }
}
