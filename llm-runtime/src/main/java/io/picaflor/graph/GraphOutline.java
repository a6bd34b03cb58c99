package io.picaflor.graph;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.Bytes;
import io.picaflor.model.FlatTable;
import io.picaflor.model.FlatVector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What stands in a graph, listed without asking whether we can run it: signatures with operands of any type, operations with
 * any code. {@link GraphReader} is the one that judges.
 *
 * <p>Immutable. The tables: {@code FORMATS.md}, 1.5.
 *
 * @param signatures the entry points, in the file's order
 * @param metadata names of the graph's own metadata entries
 */
public record GraphOutline(List<Signature> signatures, List<String> metadata) {
  private static final int MAX_METADATA = 256;

  /** As the canonical constructor, with lists copied. */
  public GraphOutline {
    signatures = List.copyOf(signatures);
    metadata = List.copyOf(metadata);
  }

  /**
   * An entry point.
   *
   * @param operators how often each operation stands in its subgraph, by name; composites by theirs
   * @param composites which of those are composites
   */
  public record Signature(
      String name, List<Operand> inputs, List<Operand> outputs, Map<String, Integer> operators,
      Set<String> composites) {}

  /** An operand or result: its type's name, its sizes (-1 where only known at run time). */
  public record Operand(String name, String type, List<Integer> shape) {}

  /**
   * Lists a graph.
   *
   * @param section the whole {@code .tflite}
   * @throws ModelFormatException if its tables contradict themselves
   */
  public static GraphOutline of(Bytes section) throws ModelFormatException {
    FlatTable model = FlatTable.root(section);
    Lister lister = new Lister(section.file(), model.vector(1, 4), model.vector(2, 4));
    List<Signature> signatures = new ArrayList<>();
    FlatVector list = model.vector(7, 4);
    for (int i = 0; i < list.size(); i++) {
      signatures.add(lister.signature(list.table(i)));
    }
    List<String> names = new ArrayList<>();
    FlatVector metadata = model.vector(6, 4);
    for (int i = 0; i < Math.min(metadata.size(), MAX_METADATA); i++) {
      String name = metadata.table(i).string(0);
      names.add(name == null ? "" : name);
    }
    return new GraphOutline(signatures, names);
  }

  /** Operations of a subgraph, counted. */
  private record Census(Map<String, Integer> operators, Set<String> composites) {}

  private static final class Lister {
    private final FlatVector codes;
    private final FlatVector subgraphs;
    private final OpReader opReader;

    /** Signatures may share subgraphs; each is counted once. */
    private final Map<Integer, Census> counted = new HashMap<>();

    Lister(String file, FlatVector codes, FlatVector subgraphs) {
      this.codes = codes;
      this.subgraphs = subgraphs;
      // What a composite consists of is not asked for.
      this.opReader = new OpReader(file, index -> new Subgraph(index, "", List.of(), List.of(), List.of()));
    }

    Signature signature(FlatTable table) throws ModelFormatException {
      int index = table.i32(4, 0);
      if (index < 0 || index >= subgraphs.size()) {
        throw table.broken("subgraph " + index + " of " + subgraphs.size() + " is named");
      }
      FlatTable subgraph = subgraphs.table(index);
      FlatVector tensors = subgraph.vector(0, 4);
      Census census = counted.get(index);
      if (census == null) {
        census = census(subgraph.vector(3, 4));
        counted.put(index, census);
      }
      String name = table.string(2);
      return new Signature(
          name == null ? "" : name,
          operands(table.vector(0, 4), tensors),
          operands(table.vector(1, 4), tensors),
          census.operators(),
          census.composites());
    }

    private List<Operand> operands(FlatVector entries, FlatVector tensors) throws ModelFormatException {
      List<Operand> operands = new ArrayList<>();
      for (int i = 0; i < entries.size(); i++) {
        FlatTable entry = entries.table(i);
        long index = entry.u32(1, 0);
        String name = entry.string(0);
        if (index >= tensors.size() || name == null) {
          throw entry.broken("operand '" + name + "' names tensor " + index + " of " + tensors.size());
        }
        FlatTable tensor = tensors.table((int) index);
        int type = tensor.i8(1, 0);
        operands.add(new Operand(
            name, ElementType.ofCode(type).map(t -> t.name().toLowerCase(Locale.ROOT)).orElse("type " + type),
            shape(tensor)));
      }
      return operands;
    }

    private static List<Integer> shape(FlatTable tensor) throws ModelFormatException {
      FlatVector dynamic = tensor.vector(7, 4);
      FlatVector sizes = dynamic.size() > 0 ? dynamic : tensor.vector(0, 4);
      if (sizes.size() > Shape.MAX_RANK) {
        throw tensor.broken("expected at most " + Shape.MAX_RANK + " dimensions, found " + sizes.size());
      }
      List<Integer> shape = new ArrayList<>();
      for (int i = 0; i < sizes.size(); i++) {
        shape.add(sizes.i32(i));
      }
      return shape;
    }

    private Census census(FlatVector operators) throws ModelFormatException {
      Map<String, Integer> counts = new TreeMap<>();
      Set<String> composites = new LinkedHashSet<>();
      for (int i = 0; i < operators.size(); i++) {
        FlatTable operator = operators.table(i);
        long code = operator.u32(0, 0);
        if (code >= codes.size()) {
          throw operator.broken("operator " + i + " names operator code " + code + " of " + codes.size());
        }
        OpReader.Code entry = OpReader.code(codes.table((int) code));
        String label = label(entry, operator, i);
        counts.merge(label, 1, Integer::sum);
        if (entry.isComposite()) {
          composites.add(label);
        }
      }
      return new Census(counts, composites);
    }

    private String label(OpReader.Code code, FlatTable operator, int index) throws ModelFormatException {
      try {
        return opReader.read(code, operator, "operator " + index).label();
      } catch (UnsupportedModelException e) {
        return code.label();
      }
    }
  }
}
