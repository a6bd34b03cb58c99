package io.picaflor.graph;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.model.Bytes;
import io.picaflor.model.FlatTable;
import io.picaflor.model.FlatVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the tensors of a subgraph: types, shapes, quantization, and constants as slices of the file. */
final class TensorReader {
  private static final int MAX_TENSORS = 1_000_000;
  private static final int BLOCKWISE = 2;

  private final Bytes section;
  private final FlatVector buffers;
  private final Map<Long, FlatTable> externalBuffers = new HashMap<>();
  private final Optional<MemorySegment> externalWeights;
  private int tensorsRead;
  private long zeroPointsLeft;

  TensorReader(Bytes section, FlatTable model, Optional<MemorySegment> externalWeights) throws ModelFormatException {
    this.section = section;
    this.buffers = model.vector(4, 4);
    // A zero point takes 8 bytes where its list is not shared, so this allows sharing each one sixteen times.
    this.zeroPointsLeft = Math.max(1 << 16, section.size() * 2);
    this.externalWeights = externalWeights;
    FlatVector external = model.vector(9, 4);
    for (int i = 0; i < external.size(); i++) {
      externalBuffers.put(external.table(i).u32(0, 0), external.table(i));
    }
  }

  List<Tensor> tensors(FlatVector tables, int subgraph) throws ModelFormatException, UnsupportedModelException {
    tensorsRead += tables.size();
    if (tensorsRead > MAX_TENSORS) {
      throw section.broken(tables.position(), "more than " + MAX_TENSORS + " tensors");
    }
    List<Tensor> tensors = new ArrayList<>(tables.size());
    for (int i = 0; i < tables.size(); i++) {
      tensors.add(tensor(i, tables.table(i), subgraph));
    }
    // Block scales are tensors of the same subgraph, so they are looked up once all are there.
    for (int i = 0; i < tensors.size(); i++) {
      FlatTable quantization = tables.table(i).table(4);
      if (quantization != null && quantization.u8(4, 0) == BLOCKWISE) {
        tensors.set(i, withBlocks(tensors.get(i), quantization, tensors, subgraph));
      }
    }
    return tensors;
  }

  private Tensor tensor(int index, FlatTable table, int subgraph)
      throws ModelFormatException, UnsupportedModelException {
    String where = "tensor " + index + " of subgraph " + subgraph;
    int typeCode = table.i8(1, 0);
    ElementType type =
        ElementType.ofCode(typeCode)
            .orElseThrow(() -> new UnsupportedModelException(section.file(), where + ": element type " + typeCode));
    if (table.has(6)) {
      throw new UnsupportedModelException(section.file(), where + ": sparse tensors are not supported");
    }
    Shape shape = shape(table, where);
    Quantization quantization = quantization(table.table(4), type, shape, where);
    Optional<MemorySegment> data = data(table, type.bytes(shape.elements()), where);
    String name = table.string(3);
    return new Tensor(index, name == null ? "" : name, type, shape, quantization, (int) table.u32(2, 0), data);
  }

  private Shape shape(FlatTable table, String where) throws ModelFormatException, UnsupportedModelException {
    FlatVector sizes = table.vector(0, 4);
    if (sizes.size() > Shape.MAX_RANK) {
      throw table.broken(where + ": expected at most " + Shape.MAX_RANK + " dimensions, found " + sizes.size());
    }
    FlatVector dynamic = table.vector(7, 4);
    if (dynamic.size() != 0 && dynamic.size() != sizes.size()) {
      throw table.broken(where + ": " + sizes.size() + " dimensions, and " + dynamic.size() + " in its signature");
    }
    for (int i = 0; i < dynamic.size(); i++) {
      if (dynamic.i32(i) < 0) {
        throw new UnsupportedModelException(section.file(),
            where + ": sizes that are only known at run time are not supported");
      }
    }
    int[] values = new int[sizes.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = sizes.i32(i);
    }
    try {
      return Shape.of(values);
    } catch (IllegalArgumentException e) {
      throw table.broken(where + ": shape: " + e.getMessage());
    }
  }

  private Quantization quantization(FlatTable table, ElementType type, Shape shape, String where)
      throws ModelFormatException {
    FlatVector scales = table == null ? null : table.vector(2, 4);
    if (scales == null || scales.size() == 0 || type == ElementType.FLOAT32) {
      return new Quantization.None();
    }
    int dimension = table.i32(6, 0);
    if (scales.size() > 1
        && (dimension < 0 || dimension >= shape.rank() || shape.size(dimension) != scales.size())) {
      throw table.broken(
          where + ": " + scales.size() + " scales along dimension " + dimension + " of a tensor of shape " + shape);
    }
    FlatVector zeroPoints = table.vector(3, 8);
    long zeroPoint = zeroPoints.size() == 0 ? 0 : zeroPoints.i64(0);
    if (zeroPoints.size() > 1 && zeroPoints.size() != scales.size()) {
      throw table.broken(where + ": " + zeroPoints.size() + " zero points for " + scales.size() + " scales");
    }
    zeroPointsLeft -= zeroPoints.size();
    if (zeroPointsLeft < 0) {
      throw table.broken(where + ": more zero points than a file of this size can hold: a list is shared too often");
    }
    requireEqual(zeroPoints, table, where);
    return new Quantization.Affine(dimension, scales.segment(), zeroPoint);
  }

  /** There is one for each row of a matrix, so they are compared as one run of bytes: with themselves, one further. */
  private static void requireEqual(FlatVector zeroPoints, FlatTable table, String where) throws ModelFormatException {
    if (zeroPoints.size() < 2) {
      return;
    }
    MemorySegment values = zeroPoints.segment();
    long compared = values.byteSize() - Long.BYTES;
    long difference = values.asSlice(0, compared).mismatch(values.asSlice(Long.BYTES, compared));
    if (difference >= 0) {
      int other = (int) (difference / Long.BYTES) + 1;
      throw table.broken(
          where + ": expected equal zero points, found " + zeroPoints.i64(0) + " and " + zeroPoints.i64(other));
    }
  }

  private static Tensor withBlocks(Tensor tensor, FlatTable quantization, List<Tensor> tensors, int subgraph)
      throws ModelFormatException {
    String where = "tensor " + tensor.index() + " of subgraph " + subgraph;
    FlatTable details = quantization.table(5);
    if (details == null) {
      throw quantization.broken(where + ": blockwise quantization without its details");
    }
    int index = details.i32(0, 0);
    int blockSize = details.i32(2, 0);
    if (index < 0 || index >= tensors.size() || index == tensor.index()) {
      throw details.broken(where + ": block scales in tensor " + index + " of " + tensors.size());
    }
    Tensor scales = tensors.get(index);
    if (scales.type() != ElementType.FLOAT16 || !scales.isConstant()) {
      throw details.broken(where + ": expected constant float16 block scales, found " + scales.describe());
    }
    Shape shape = tensor.shape();
    if (shape.rank() < 1 || blockSize <= 0 || shape.size(-1) % blockSize != 0
        || scales.shape().elements() != shape.elements() / blockSize) {
      throw details.broken(
          where + ": " + scales.shape().elements() + " scales for blocks of " + blockSize + " in a tensor of shape "
              + shape);
    }
    return new Tensor(
        tensor.index(),
        tensor.name(),
        tensor.type(),
        shape,
        new Quantization.Blockwise(blockSize, scales.data().orElseThrow()),
        tensor.buffer(),
        tensor.data());
  }

  private Optional<MemorySegment> data(FlatTable table, long bytes, String where)
      throws ModelFormatException, UnsupportedModelException {
    long external = table.u32(10, 0);
    if (external != 0) {
      return Optional.of(exactly(external(external, where), bytes, table, where));
    }
    long index = table.u32(2, 0);
    if (index == 0) {
      return Optional.empty();
    }
    if (index >= buffers.size()) {
      throw table.broken(where + ": names buffer " + index + " of " + buffers.size());
    }
    FlatTable buffer = buffers.table((int) index);
    FlatVector inside = buffer.vector(0, 1);
    if (inside.size() > 0) {
      return Optional.of(exactly(inside.segment(), bytes, table, where));
    }
    long offset = buffer.u64(1, 0);
    if (offset > 1) {
      MemorySegment slice = section.slice(offset, buffer.u64(2, 0), where + ": its buffer").segment();
      return Optional.of(exactly(slice, bytes, table, where));
    }
    // No data is what a computed tensor has; but one without elements, such as the shape of a scalar, needs none.
    return bytes == 0 ? Optional.of(MemorySegment.NULL) : Optional.empty();
  }

  private MemorySegment external(long id, String where) throws ModelFormatException, UnsupportedModelException {
    FlatTable buffer = externalBuffers.get(id);
    if (buffer == null || externalWeights.isEmpty()) {
      throw section.broken(0, where + ": its weights lie in external buffer " + id + ", which the file does not have");
    }
    String packing = buffer.string(4);
    if (packing != null && !packing.isEmpty()) {
      throw new UnsupportedModelException(section.file(),
          where + ": weights packed for '" + packing + "' are not supported");
    }
    MemorySegment weights = externalWeights.get();
    long offset = buffer.u64(2, 0);
    long length = buffer.u64(3, 0);
    if (offset > weights.byteSize() || length > weights.byteSize() - offset) {
      throw buffer.broken(where + ": external buffer " + id + " reaches beyond its section");
    }
    return weights.asSlice(offset, length);
  }

  private static MemorySegment exactly(MemorySegment data, long bytes, FlatTable table, String where)
      throws ModelFormatException {
    if (data.byteSize() != bytes) {
      throw table.broken(where + ": its type and shape need " + bytes + " bytes, its buffer has " + data.byteSize());
    }
    return data;
  }
}
