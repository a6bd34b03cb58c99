package io.picaflor.plan;

import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;
import io.picaflor.quantization.Dequantization;
import io.picaflor.quantization.WeightMatrix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Takes the rows of a table that ids name, widened to float32; the table is read where the file has it. */
final class TableStep implements Operator {
  private final WeightMatrix table;
  private final MemorySegment ids;
  private final long stride;
  private final MemorySegment[] targets;

  /**
   * Binds a look-up.
   *
   * @param ids int32, {@code stride} bytes from one token's to the next
   * @param y one row for each token
   */
  TableStep(WeightMatrix table, MemorySegment ids, long stride, Matrix y) {
    this.table = table;
    this.ids = ids;
    this.stride = stride;
    this.targets = new MemorySegment[y.rows()];
    for (int row = 0; row < targets.length; row++) {
      targets[row] = y.memory().asSlice(4 * y.index(row), 4L * y.columns());
    }
  }

  /** @throws IllegalStateException if an id names no row */
  @Override
  public void run(int rows, int position) {
    for (int row = 0; row < rows; row++) {
      int id = ids.get(ValueLayout.JAVA_INT, row * stride);
      if (id < 0 || id >= table.rows()) {
        throw new IllegalStateException("embedding: expected an id of 0 to " + (table.rows() - 1) + ", found " + id);
      }
      Dequantization.dequantizeRow(table, id, targets[row]);
    }
  }
}
