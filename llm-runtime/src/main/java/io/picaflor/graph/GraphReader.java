package io.picaflor.graph;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.Bytes;
import io.picaflor.model.FlatTable;
import io.picaflor.model.FlatVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads a {@code .tflite} section into {@link Signature}s.
 *
 * <p>Signatures are read when they are asked for, with the subgraphs that they reach, so that a signature which nobody
 * runs may hold what it likes. The tables: {@code FORMATS.md}, 1.5; what hostile files do with them: section 7.
 *
 * <p>One thread at a time; what it returns is immutable.
 */
public final class GraphReader {
  private static final int MAX_SUBGRAPHS = 65_536;
  private static final int MAX_SIGNATURES = 4096;
  private static final int MAX_NODES = 1_000_000;
  private static final int MAX_COMPOSITE_DEPTH = 16;

  private final Bytes section;
  private final FlatVector subgraphs;
  private final FlatVector codes;
  private final TensorReader tensorReader;
  private final OpReader opReader;
  private final Map<String, FlatTable> signatures = new LinkedHashMap<>();
  private final Map<Integer, Subgraph> read = new HashMap<>();
  private final Set<Integer> open = new TreeSet<>();
  private final FlatTable model;
  private int nodesRead;
  private long operandsLeft;

  /**
   * Opens a graph: reads its tables of contents, no subgraph yet.
   *
   * @param section the whole {@code .tflite}
   * @param externalWeights the section that external buffers lie in, if the file has one
   */
  public GraphReader(Bytes section, Optional<MemorySegment> externalWeights) throws ModelFormatException {
    if (section.size() < 8 || section.i32(4) != 0x334C4654) {
      throw section.broken(4, "expected the identifier TFL3 of a LiteRT graph");
    }
    this.section = section;
    // An operand takes 4 bytes where its list is not shared, so this allows sharing each one eight times.
    operandsLeft = Math.max(1 << 16, section.size() * 2);
    opReader = new OpReader(section.file(), this::subgraph);
    model = FlatTable.root(section);
    codes = model.vector(1, 4);
    subgraphs = bounded(model.vector(2, 4), MAX_SUBGRAPHS, "subgraphs");
    tensorReader = new TensorReader(section, model, externalWeights);
    FlatVector list = bounded(model.vector(7, 4), MAX_SIGNATURES, "signatures");
    for (int i = 0; i < list.size(); i++) {
      FlatTable signature = list.table(i);
      String name = signature.string(2);
      if (name == null || signatures.putIfAbsent(name, signature) != null) {
        throw signature.broken("signature " + i + ": expected a name of its own, found '" + name + "'");
      }
    }
  }

  /** Names of all signatures, in the file's order. */
  public List<String> signatureNames() {
    return List.copyOf(signatures.keySet());
  }

  /**
   * Reads a signature with all that it reaches.
   *
   * @throws UnsupportedModelException if there is no such signature, or it holds an operation that we do not know
   */
  public Signature signature(String name) throws ModelFormatException, UnsupportedModelException {
    FlatTable table = signatures.get(name);
    if (table == null) {
      throw new UnsupportedModelException(section.file(),
          "no signature '" + name + "'; the graph has " + signatures.keySet());
    }
    try {
      Subgraph body = subgraph(table.i32(4, 0));
      return new Signature(
          name, body, map(table.vector(0, 4), body.inputs(), name), map(table.vector(1, 4), body.outputs(), name));
    } catch (UnsupportedModelException e) {
      throw new UnsupportedModelException(section.file(), "signature " + name + ", " + e.what());
    }
  }

  private Map<String, Tensor> map(FlatVector entries, List<Tensor> candidates, String signature)
      throws ModelFormatException {
    Map<Integer, Tensor> byIndex = new HashMap<>();
    candidates.forEach(tensor -> byIndex.put(tensor.index(), tensor));
    Map<String, Tensor> map = new LinkedHashMap<>();
    for (int i = 0; i < entries.size(); i++) {
      FlatTable entry = entries.table(i);
      String name = entry.string(0);
      int index = entry.i32(1, 0);
      Tensor tensor = byIndex.get(index);
      if (name == null || tensor == null || map.put(name, tensor) != null) {
        throw entry.broken(
            "signature " + signature + ": '" + name + "' names tensor " + index
                + ", which is no operand of its subgraph");
      }
    }
    return map;
  }

  private Subgraph subgraph(int index) throws ModelFormatException, UnsupportedModelException {
    Subgraph known = read.get(index);
    if (known != null) {
      return known;
    }
    if (index < 0 || index >= subgraphs.size()) {
      throw model.broken("subgraph " + index + " of " + subgraphs.size() + " is asked for");
    }
    if (open.size() >= MAX_COMPOSITE_DEPTH || !open.add(index)) {
      throw model.broken("subgraph " + index + " is its own decomposition, or is nested too deeply");
    }
    try {
      Subgraph subgraph = read(index, subgraphs.table(index));
      read.put(index, subgraph);
      return subgraph;
    } finally {
      open.remove(index); // a refused signature may share subgraphs with one that is read next
    }
  }

  private Subgraph read(int index, FlatTable table) throws ModelFormatException, UnsupportedModelException {
    List<Tensor> tensors = tensorReader.tensors(table.vector(0, 4), index);
    List<Tensor> inputs = operands(table, 1, tensors, index);
    List<Tensor> outputs = operands(table, 2, tensors, index);
    BitSet written = new BitSet();
    inputs.forEach(t -> written.set(t.index()));

    FlatVector operators = table.vector(3, 4);
    nodesRead += operators.size();
    if (nodesRead > MAX_NODES) {
      throw table.broken("more than " + MAX_NODES + " operators");
    }
    List<Node> nodes = new ArrayList<>(operators.size());
    for (int i = 0; i < operators.size(); i++) {
      nodes.add(node(i, operators.table(i), tensors, written, index));
    }
    for (Tensor output : outputs) {
      if (!output.isConstant() && !written.get(output.index())) {
        throw table.broken("subgraph " + index + ": output " + output.describe() + " is computed by no operator");
      }
    }
    String name = table.string(4);
    return new Subgraph(index, name == null ? "" : name, inputs, outputs, nodes);
  }

  private Node node(int i, FlatTable table, List<Tensor> tensors, BitSet written, int subgraph)
      throws ModelFormatException, UnsupportedModelException {
    long codeIndex = table.u32(0, 0);
    if (codeIndex >= codes.size()) {
      throw table.broken(
          "subgraph " + subgraph + ", operator " + i + ": operator code " + codeIndex + " of " + codes.size()
              + " is named");
    }
    OpReader.Code code = OpReader.code(codes.table((int) codeIndex));
    String where = "operator " + i + " of subgraph " + subgraph + ", " + code.label() + " version " + code.version();
    Op op = opReader.read(code, table, where);

    FlatVector in = table.vector(1, 4);
    countOperands(in, where);
    List<Optional<Tensor>> inputs = new ArrayList<>(in.size());
    for (int k = 0; k < in.size(); k++) {
      Optional<Tensor> tensor =
          in.i32(k) == -1 ? Optional.empty() : Optional.of(tensor(in.i32(k), tensors, table, where));
      if (tensor.isPresent() && !tensor.get().isConstant() && !written.get(tensor.get().index())) {
        throw table.broken(where + ": reads " + tensor.get().describe() + ", which nothing has computed before it");
      }
      inputs.add(tensor);
    }
    FlatVector out = table.vector(2, 4);
    countOperands(out, where);
    List<Tensor> outputs = new ArrayList<>(out.size());
    for (int k = 0; k < out.size(); k++) {
      Tensor tensor = tensor(out.i32(k), tensors, table, where);
      if (tensor.isConstant() || written.get(tensor.index())) {
        throw table.broken(where + ": writes " + tensor.describe() + ", which has its value already");
      }
      written.set(tensor.index());
      outputs.add(tensor);
    }
    Node node = new Node(i, op, inputs, outputs);
    String fault = Operands.fault(node);
    if (fault != null) {
      throw table.broken(where + " (" + op.label() + "): " + fault);
    }
    return node;
  }

  /** Operators may share a list of operands: without a bound a small file could name more than any memory holds. */
  private void countOperands(FlatVector operands, String where) throws ModelFormatException {
    operandsLeft -= operands.size();
    if (operandsLeft < 0) {
      throw section.broken(operands.position(),
          where + ": more operands than a file of this size can hold: a list is shared too often");
    }
  }

  private static Tensor tensor(int index, List<Tensor> tensors, FlatTable table, String where)
      throws ModelFormatException {
    if (index < 0 || index >= tensors.size()) {
      throw table.broken(where + ": names tensor " + index + " of " + tensors.size());
    }
    return tensors.get(index);
  }

  private static List<Tensor> operands(FlatTable table, int field, List<Tensor> tensors, int subgraph)
      throws ModelFormatException {
    FlatVector indices = table.vector(field, 4);
    List<Tensor> operands = new ArrayList<>(indices.size());
    for (int i = 0; i < indices.size(); i++) {
      operands.add(tensor(indices.i32(i), tensors, table, "subgraph " + subgraph));
    }
    return operands;
  }

  private FlatVector bounded(FlatVector vector, int most, String what) throws ModelFormatException {
    if (vector.size() > most) {
      throw section.broken(vector.position(), "expected at most " + most + " " + what + ", found " + vector.size());
    }
    return vector;
  }
}
