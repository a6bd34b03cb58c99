package io.picaflor.kernels;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Simd;
import java.util.List;

/** How one kind of CPU multiplies codes by the weights of a panel: its registers and the instructions of a {@link LinearTile}. */
interface LinearDots {

  /**
   * One dot product of a round: some codes of a row, the same for all outputs, with weights.
   *
   * @param weightBytes from the start of the round
   * @param codeBytes from the round's first code
   * @param variant which part of the weights' bytes, by the CPU's own count
   */
  record Step(int weightBytes, int codeBytes, int variant) {}

  /** A vector register. */
  Simd register(int number);

  /** The first of the registers that hold weights; sums stand below. */
  int weightRegister();

  /** The registers that hold codes, in turn. */
  int[] codeRegisters();

  /** Rows of the largest tile. */
  int mostRows(PanelForm form);

  /** Vectors of outputs that a tile of so many rows has at a time; divides those of a panel. */
  int vectors(PanelForm form, int rows);

  /** Codes of a round, in bytes. */
  int roundCodeBytes();

  List<Step> steps(PanelForm form);

  /** Whether sums of nibbles are 16 times too large. */
  boolean nibblesTimesSixteen();

  /** Loads what the function needs in a register of its own. */
  void begin(PanelForm form);

  /** Whether the step's weights can be multiplied where they lie. */
  boolean direct(PanelForm form);

  /** Loads the weights of a step. */
  void load(PanelForm form, Step step, Simd to, Address weights);

  /** {@code sum += codes * weights}. */
  void multiply(Simd sum, Simd codes, Simd weights);

  /** The same with the weights where they lie. */
  void multiply(Simd sum, Simd codes, Address weights);

  /** A register that is free where floats are multiplied. */
  Simd spare();

  /** Takes the lanes of the tail of the {@link FloatCall} at RBX. */
  void beginTail();

  /** Loads a vector of the tail's columns. */
  void loadTail(Simd to, int vector, Address from);

  /** Loads the tail's columns as the upper halves of float32 into as many vectors as there are; may use RDI and R9. */
  void loadTailHalves(Simd[] to, Address from);

  /** Stores a vector of the tail's columns. */
  void storeTail(Address to, int vector, Simd from);

  /** Takes the lanes of the partial panel for all vectors of a pass; may use RBP. */
  void beginPartial(int vectors);

  /** Loads the outputs that there are of a partial panel. */
  void loadPartial(Simd to, int vector, Address from);

  /** Stores the outputs that there are of a partial panel. */
  void storePartial(Address to, int vector, Simd from);
}
