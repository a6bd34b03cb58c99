package io.picaflor.graph;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.ExecutorMetadata;
import io.picaflor.model.ModelFile;
import io.picaflor.model.ModelRole;

import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which signatures of a model file a session runs: the one that decodes, those that prefill, and those of side graphs
 * (embedders, masks, cache updates) beside them.
 *
 * <p>Names and roles: {@code FORMATS.md}, 2.2 and 2.3. Where a file has several cache lengths, the longest is taken. One
 * thread at a time; what it returns is immutable.
 */
public final class ModelSignatures {
  private static final Pattern DECODE = Pattern.compile("decode(_cache_(\\d{1,9}))?");
  private static final Pattern PREFILL = Pattern.compile("prefill(_\\d{1,9})?(_cache_\\d{1,9})?");

  private final String file;
  private final Map<ModelRole, GraphReader> graphs = new EnumMap<>(ModelRole.class);
  private final Set<String> states = new HashSet<>();
  private final Signature decode;
  private final List<String> prefillNames;
  private final int contextLength;
  private final OptionalInt slidingWindow;

  /**
   * Opens the graphs of a file and reads the signature that decodes.
   *
   * @throws ModelFormatException if a graph is damaged
   * @throws UnsupportedModelException if there is nothing to decode with
   */
  public ModelSignatures(ModelFile file) throws IOException {
    this.file = file.name();
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
    decode = main.signature(decodeName(main.signatureNames()));
    String suffix = decode.name().substring("decode".length());
    contextLength = contextLength(decode);
    collectStates();
    prefillNames = main.signatureNames().stream().filter(name -> {
      Matcher matcher = PREFILL.matcher(name);
      return matcher.matches() && suffix.equals(matcher.group(2) == null ? "" : matcher.group(2));
    }).toList();
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

  /**
   * Operands that decoding also returns are state, in all signatures. Where the main graph gives out rows for the
   * cache, a signature of a side graph returns it.
   */
  private void collectStates() throws IOException {
    addStates(decode);
    Optional<Signature> update = side(sideName(decode.name(), "_cache_update"));
    if (update.isPresent()) {
      addStates(update.get());
    }
  }

  private void addStates(Signature signature) {
    signature.inputs().keySet().stream().filter(signature.outputs()::containsKey).forEach(states::add);
  }

  /** The file's name, for messages. */
  public String file() {
    return file;
  }

  /** The signature that takes one token and gives logits. */
  public Signature decode() {
    return decode;
  }

  /** Names of the signatures that take several tokens, for the same context as {@link #decode}. */
  public List<String> prefillNames() {
    return prefillNames;
  }

  /** A signature of the main graph. */
  public Signature main(String name) throws ModelFormatException, UnsupportedModelException {
    return graphs.get(ModelRole.PREFILL_DECODE).signature(name);
  }

  /** A signature of any graph of the file; empty if none has it. */
  public Optional<Signature> side(String name) throws ModelFormatException, UnsupportedModelException {
    for (GraphReader graph : graphs.values()) {
      if (graph.signatureNames().contains(name)) {
        return Optional.of(graph.signature(name));
      }
    }
    return Optional.empty();
  }

  /** Whether any graph of the file has a signature. */
  public boolean has(String name) {
    return graphs.values().stream().anyMatch(graph -> graph.signatureNames().contains(name));
  }

  /** {@code prefill_128} and {@code _mask} give {@code prefill_mask_128}. */
  public static String sideName(String main, String side) {
    int rest = main.startsWith("decode") ? "decode".length() : "prefill".length();
    return main.substring(0, rest) + side + main.substring(rest);
  }

  /** The embedder for as many rows as a main signature has, else one that takes a token at a time. */
  public String embedderName(String main, String kind) {
    for (String name : new String[] {sideName(main, "_" + kind), kind, "decode_" + kind}) {
      if (has(name)) {
        return name;
      }
    }
    return sideName(main, "_" + kind);
  }

  /** Names of the operands that a session keeps from run to run. */
  public Set<String> states() {
    return Collections.unmodifiableSet(states);
  }

  /** The most tokens that a context can hold, as the graph was exported. */
  public int contextLength() {
    return contextLength;
  }

  /** The width of the window of sliding-window layers, where the file's metadata have it. */
  public OptionalInt slidingWindow() {
    return slidingWindow;
  }

  private int contextLength(Signature signature) throws ModelFormatException {
    for (Map.Entry<String, Tensor> input : signature.inputs().entrySet()) {
      Optional<OperandRole> role = OperandRole.of(input.getKey());
      boolean causal = role.equals(Optional.of(OperandRole.CAUSAL_MASK));
      if (causal || input.getKey().equals("mask_global")) {
        Shape mask = input.getValue().shape();
        int length = mask.rank() == 0 ? 0 : causal ? mask.size(-1) : mask.size(-1) - 1; // the cache, then the new row
        require(length > 0, "signature " + signature.name() + ": " + input.getKey() + " " + mask
            + " has no room for a token");
        return length;
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

  private void require(boolean condition, String otherwise) throws ModelFormatException {
    if (!condition) {
      throw new ModelFormatException(file, "graph", ModelFormatException.NO_OFFSET, otherwise);
    }
  }
}
