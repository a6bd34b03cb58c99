package io.picaflor.testfiles;

import io.picaflor.testfiles.FlatWriter.Table;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes small {@code .tflite} graphs: subgraphs, tensors of all types, operators with options, composites, signatures.
 *
 * <p>It checks nothing, so that broken graphs can be written too. Field numbers: {@code FORMATS.md}, 1.5.
 */
public final class TfliteWriter {
  /** Offsets of buffers outside of the FlatBuffer are multiples of this. */
  private static final int ALIGNMENT = 16;

  private final List<TensorBuffer> buffers = new ArrayList<>();
  private final Map<String, Integer> codes = new LinkedHashMap<>();
  private final List<Table> codeTables = new ArrayList<>();
  private final List<Graph> graphs = new ArrayList<>();
  private final List<Table> signatures = new ArrayList<>();
  private boolean outside;

  /** The data of a constant, and whether it lies behind the FlatBuffer. */
  private record TensorBuffer(byte[] data, boolean outside) {}

  /** An empty file. */
  public static TfliteWriter file() {
    return new TfliteWriter();
  }

  private TfliteWriter() {
    buffers.add(new TensorBuffer(new byte[0], false));
  }

  /** Buffers that are added from now on lie behind the FlatBuffer. */
  public TfliteWriter buffersOutside() {
    outside = true;
    return this;
  }

  /** Adds a buffer, for tensors to share. */
  public int buffer(byte[] data) {
    buffers.add(new TensorBuffer(data.clone(), outside));
    return buffers.size() - 1;
  }

  /** Adds an empty subgraph. */
  public Graph graph(String name) {
    graphs.add(new Graph(graphs.size(), name));
    return graphs.getLast();
  }

  /** Adds a signature; its operands and results go by name to tensors of the subgraph. */
  public TfliteWriter signature(String name, Graph body, Map<String, Integer> inputs, Map<String, Integer> outputs) {
    signatures.add(FlatWriter.table().with(0, map(inputs)).with(1, map(outputs)).with(2, name).with(4, body.index));
    return this;
  }

  /** Adds a signature of the operands and results that the subgraph has named itself. */
  public TfliteWriter signature(String name, Graph body) {
    return signature(name, body, body.inputNames, body.outputNames);
  }

  private static List<Table> map(Map<String, Integer> tensors) {
    return tensors.entrySet().stream().map(e -> FlatWriter.table().with(0, e.getKey()).with(1, e.getValue())).toList();
  }

  /** The file. */
  public byte[] done() {
    long start = align(finish(0).length); // where buffers lie does not change the length of what names them
    var out = new ByteArrayOutputStream();
    out.writeBytes(finish(start));
    for (TensorBuffer buffer : buffers) {
      if (buffer.outside) {
        out.writeBytes(new byte[(int) (align(out.size()) - out.size())]);
        out.writeBytes(buffer.data);
      }
    }
    return out.toByteArray();
  }

  private byte[] finish(long outsideStart) {
    var tables = new ArrayList<Table>();
    long at = outsideStart;
    for (TensorBuffer buffer : buffers) {
      if (buffer.outside) {
        tables.add(FlatWriter.table().with(1, at).with(2, (long) buffer.data.length));
        at = align(at + buffer.data.length);
      } else {
        tables.add(FlatWriter.table().with(0, buffer.data));
      }
    }
    return FlatWriter.finish(FlatWriter.table()
        .with(0, 3)
        .with(1, codeTables)
        .with(2, graphs.stream().map(Graph::table).toList())
        .with(4, tables)
        .with(7, signatures), "TFL3");
  }

  private static long align(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private int code(int number, String custom, int version) {
    return codes.computeIfAbsent(number + " " + custom + " " + version, k -> {
      Table table = FlatWriter.table().with(0, (byte) Math.min(number, 127)).with(2, version).with(3, number);
      codeTables.add(custom.isEmpty() ? table : table.with(1, custom));
      return codeTables.size() - 1;
    });
  }

  /** Element types by their numbers in the file. */
  public enum Type {
    FLOAT32(0),
    FLOAT16(1),
    INT32(2),
    UINT8(3),
    INT64(4),
    STRING(5),
    BOOL(6),
    INT16(7),
    INT8(9),
    INT4(17),
    INT2(19);

    private final int number;

    Type(int number) {
      this.number = number;
    }
  }

  /** A tensor to be added to a subgraph. */
  public static final class TensorSpec {
    private final Type type;
    private final int[] shape;
    private byte[] data;
    private int buffer;
    private Table quantization;
    private int[] signature;

    private TensorSpec(Type type, int... shape) {
      this.type = type;
      this.shape = shape;
    }

    /** Its values, as bytes; it becomes a constant. */
    public TensorSpec data(byte... bytes) {
      data = bytes;
      return this;
    }

    /** A buffer of the file that holds its values. */
    public TensorSpec buffer(int index) {
      buffer = index;
      return this;
    }

    /** One scale, or one for each index of a dimension. */
    public TensorSpec scales(int dimension, float... scales) {
      return quantization(FlatWriter.table().with(2, scales).with(6, dimension));
    }

    /** One scale and a zero point for the whole tensor. */
    public TensorSpec affine(float scale, long zeroPoint) {
      return quantization(FlatWriter.table().with(2, new float[] {scale}).with(3, new long[] {zeroPoint}));
    }

    /** Scales in another tensor of the subgraph, for each block of the innermost dimension. */
    public TensorSpec blocks(int scalesTensor, int blockSize) {
      return quantization(FlatWriter.table().with(4, (byte) 2)
          .with(5, FlatWriter.table().with(0, scalesTensor).with(1, -1).with(2, blockSize)));
    }

    /** Any quantization table. */
    public TensorSpec quantization(Table table) {
      quantization = table;
      return this;
    }

    /** The shape with -1 where it is dynamic. */
    public TensorSpec shapeSignature(int... sizes) {
      signature = sizes;
      return this;
    }
  }

  /** A tensor without data: an operand of the graph, or a result. */
  public static TensorSpec tensor(Type type, int... shape) {
    return new TensorSpec(type, shape);
  }

  /** A subgraph being written; tensors are named by their index. */
  public final class Graph {
    private final int index;
    private final String name;
    private final List<Table> tensors = new ArrayList<>();
    private final List<Table> operators = new ArrayList<>();
    private final List<Integer> inputs = new ArrayList<>();
    private final List<Integer> outputs = new ArrayList<>();
    private final Map<String, Integer> inputNames = new LinkedHashMap<>();
    private final Map<String, Integer> outputNames = new LinkedHashMap<>();

    private Graph(int index, String name) {
      this.index = index;
      this.name = name;
    }

    /** The subgraph's number in the file. */
    public int index() {
      return index;
    }

    /** Adds a tensor. */
    public int add(TensorSpec spec) {
      int buffer = spec.data == null ? spec.buffer : buffer(spec.data);
      Table table = FlatWriter.table().with(0, spec.shape).with(1, (byte) spec.type.number).with(2, buffer)
          .with(3, "t" + tensors.size());
      if (spec.quantization != null) {
        table.with(4, spec.quantization);
      }
      if (spec.signature != null) {
        table.with(7, spec.signature);
      }
      tensors.add(table);
      return tensors.size() - 1;
    }

    /** Adds a tensor that an operator computes. */
    public int value(Type type, int... shape) {
      return add(tensor(type, shape));
    }

    /** Adds an operand of the subgraph. */
    public int input(String operand, Type type, int... shape) {
      int tensor = value(type, shape);
      inputs.add(tensor);
      inputNames.put(operand, tensor);
      return tensor;
    }

    /** Makes a tensor a result of the subgraph. */
    public Graph output(String result, int tensor) {
      outputs.add(tensor);
      outputNames.put(result, tensor);
      return this;
    }

    /** Adds a constant of float32. */
    public int floats(int[] shape, float... values) {
      return add(tensor(Type.FLOAT32, shape).data(Packed.floats(values)));
    }

    /** Adds a constant of int32. */
    public int ints(int[] shape, int... values) {
      return add(tensor(Type.INT32, shape).data(Packed.ints(values)));
    }

    /** Adds a constant vector of int32. */
    public int vector(int... values) {
      return ints(new int[] {values.length}, values);
    }

    /** Adds a constant scalar of int32. */
    public int scalar(int value) {
      return ints(new int[0], value);
    }

    /** Adds an operator without options. */
    public Graph op(int code, int[] operands, int... results) {
      return op(code, 0, null, operands, results);
    }

    /** Adds an operator with an options table. */
    public Graph op(int code, int tag, Table options, int[] operands, int... results) {
      return operator(code(code, "", 1), options == null
          ? FlatWriter.table()
          : FlatWriter.table().with(3, (byte) tag).with(4, options), operands, results);
    }

    /** Adds an operator of some version. */
    public Graph versioned(int code, int version, int[] operands, int... results) {
      return operator(code(code, "", version), FlatWriter.table(), operands, results);
    }

    /** Adds a custom operator. */
    public Graph custom(String custom, Map<String, Object> attributes, int[] operands, int... results) {
      return operator(code(32, custom, 1), FlatWriter.table().with(5, FlexWriter.write(attributes, 8)), operands,
          results);
    }

    /** Adds a composite. */
    public Graph composite(
        String composite, Map<String, Object> attributes, int decomposition, int[] operands, int... results) {
      Table options = FlatWriter.table().with(0, composite).with(1, decomposition)
          .with(2, FlexWriter.write(attributes, 8));
      return operator(code(206, "", 1), FlatWriter.table().with(11, (byte) 21).with(12, options), operands, results);
    }

    private Graph operator(int code, Table table, int[] operands, int... results) {
      operators.add(table.with(0, code).with(1, operands).with(2, results));
      return this;
    }

    private Table table() {
      return FlatWriter.table().with(0, tensors).with(1, indices(inputs)).with(2, indices(outputs)).with(3, operators)
          .with(4, name);
    }

    private static int[] indices(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public String toString() {
      return name + Arrays.toString(indices(inputs));
    }
  }
}
