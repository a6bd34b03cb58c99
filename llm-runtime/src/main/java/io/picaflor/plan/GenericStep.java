package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.Node;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Operator;
import io.picaflor.kernels.Workers;
import io.picaflor.reference.Constants;
import io.picaflor.reference.Frame;
import io.picaflor.reference.Lowering;
import io.picaflor.reference.Program;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An operation that no kernel computes: the reference executor's step for one token, run for each row by itself.
 *
 * <p>So a model with something new is slower, not broken. Shared by sessions; each binds it to its own memory.
 */
final class GenericStep {
  private final Form form;
  private final Node node;
  private final Program program;

  private GenericStep(Form form, Node node, Program program) {
    this.form = form;
    this.node = node;
    this.program = program;
  }

  /** Rows of values of one form: where they begin, and bytes from one to the next. */
  record Rows(MemorySegment memory, long stride) {}

  /**
   * Lowers the operation of a form.
   *
   * @throws NotPlannable if no operation of the graph stands for it
   */
  static GenericStep of(String file, Form form, Constants constants)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    Node node = form.node().orElseThrow(() -> new NotPlannable("no kernel computes " + form + " of " + form.inputs()));
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.hasInput(i) && !node.input(i).isConstant() && !inputs.containsValue(node.input(i))) {
        inputs.put("operand" + i, node.input(i));
      }
    }
    Map<String, Tensor> outputs = Map.of("result", form.tensor().orElseThrow());
    Subgraph body = new Subgraph(0, node.op().label(), List.copyOf(inputs.values()), node.outputs(), List.of(node));
    Signature signature = new Signature("step " + form, body, inputs, outputs);
    return new GenericStep(form, node, Lowering.lower(file, signature, Set.of(), constants));
  }

  /** The form that an operand of the node is. */
  private Form operand(int i) {
    return switch (form.kind()) {
      case Kind.Reduce _ -> form.input(0);
      case Kind.Transpose _ -> form.input(0);
      case Kind.Slice _ -> form.input(0);
      case Kind.Broadcast _ -> form.input(0);
      default -> {
        int at = 0;
        for (int j = 0; j < i; j++) {
          at += node.hasInput(j) ? 1 : 0;
        }
        yield form.input(at);
      }
    };
  }

  /** Gives the rows of a form, or one row for all tokens with stride 0. */
  @FunctionalInterface
  interface RowsOf {
    Rows of(Form form) throws ModelFormatException, UnsupportedModelException;
  }

  /** Binds the step to a session's memory. */
  Operator bind(RowsOf rowsOf, Arena arena, Kernels kernels, Workers workers)
      throws ModelFormatException, UnsupportedModelException {
    MemorySegment scratch = arena.allocate(Math.max(1, program.scratchBytes()), 64);
    Frame frame = new Frame(program, scratch, Map.of(), arena, kernels, workers);
    List<MemorySegment> targets = new ArrayList<>();
    List<Rows> sources = new ArrayList<>();
    for (String name : program.inputNames()) {
      targets.add(frame.input(name));
      sources.add(rowsOf.of(operand(Integer.parseInt(name.substring("operand".length())))));
    }
    MemorySegment result = frame.output("result");
    Rows target = rowsOf.of(form);
    long bytes = form.type().bytes(form.elements());
    return (rows, position) -> {
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < sources.size(); i++) {
          Rows source = sources.get(i);
          MemorySegment.copy(source.memory, row * source.stride, targets.get(i), 0, targets.get(i).byteSize());
        }
        frame.run();
        MemorySegment.copy(result, 0, target.memory, row * target.stride, bytes);
      }
    };
  }
}
