package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.codegen.CodeForm;
import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * A linear operator of the tier {@code jit}: each thread calls the machine code for a range of panels.
 *
 * <p>The code's arguments stand in a block of native memory that is written here once; a run adds only how many rows there are.
 */
final class JitLinear implements Operator {
  /** Fewer multiply-adds are done sooner by one thread than two can be brought to it. */
  private static final long WORTH_SHARING = 100_000;
  /** Calls hold up the garbage collector, so none is longer: about a millisecond where memory is the limit. */
  private static final long MOST_AT_ONCE = 30_000_000;

  private final Workers workers;
  private final Workers.Range range = this::runPanels;
  private final JitCode.Linear code;
  private final MemorySegment call = Arena.ofAuto().allocate(LinearCall.BYTES, 64);
  private final long callAddress = call.address();
  private final int panels;
  private final long panelCost;
  private final long mostAtOnce;
  /** What the block's addresses point to, kept from the garbage collector. */
  private final Object[] kept;

  private int tallRows;
  private int tallTiles;
  private int shortTiles;
  private int panelsAtOnce;

  /**
   * Makes an operator; sizes were checked.
   *
   * @param code for the form of the weights, and for more than one row if more are to be run
   * @param form of the codes
   * @param residual or {@code null}
   */
  JitLinear(
      JitCode.Linear code, CodeForm form, Workers workers, Codes x, JitWeights weights, MemorySegment bias,
      Matrix residual, Matrix y) {
    this(code, workers, x.memory(), JitCodes.rowBytes(form, x.columns()), weights, bias, residual, y);
    call.set(JAVA_LONG, LinearCall.PARAMETERS, JitCodes.parameterOffset(form, x.columns()));
  }

  /** The same for weights of floats. */
  JitLinear(
      JitCode.Linear code, Workers workers, Matrix x, JitWeights weights, MemorySegment bias, Matrix residual,
      Matrix y) {
    this(code, workers, x.memory(), 4L * x.stride(), weights, bias, residual, y);
  }

  private JitLinear(
      JitCode.Linear code, Workers workers, MemorySegment x, long rowBytes, JitWeights weights, MemorySegment bias,
      Matrix residual, Matrix y) {
    this.workers = workers;
    PackedSource source = weights.source();
    int outputs = source.rows();
    panels = Math.ceilDiv(outputs, PanelForm.OUTPUTS);
    panelCost = (long) PanelForm.OUTPUTS * source.columns();
    mostAtOnce = weights.layout().form().floats() ? MOST_AT_ONCE / 4 : MOST_AT_ONCE; // they are four times as long
    this.code = code;
    MemorySegment ownBias = bias == null ? null : filledUp(bias, (long) panels * PanelForm.OUTPUTS);
    kept = new Object[] {x, weights, residual, y, ownBias};

    call.set(JAVA_LONG, LinearCall.CODES, x.address());
    call.set(JAVA_LONG, LinearCall.CODES_STRIDE, rowBytes);
    long panelBytes = weights.layout().panelBytes(source);
    call.set(JAVA_LONG, LinearCall.PANELS, weights.packed().address());
    call.set(JAVA_LONG, LinearCall.PANEL_BYTES, panelBytes);
    call.set(JAVA_LONG, LinearCall.RESULT, y.memory().address());
    call.set(JAVA_LONG, LinearCall.RESULT_STRIDE, 4L * y.stride());
    if (residual != null) {
      call.set(JAVA_LONG, LinearCall.RESIDUAL, residual.memory().address());
      call.set(JAVA_LONG, LinearCall.RESIDUAL_STRIDE, 4L * residual.stride());
    }
    if (ownBias != null) {
      call.set(JAVA_LONG, LinearCall.BIAS, ownBias.address());
    }
    int blockSize = JitLayout.blockSize(source);
    call.set(JAVA_LONG, LinearCall.ROUNDS, weights.layout().form().repetitions(blockSize));
    call.set(JAVA_LONG, LinearCall.BLOCKS, source.columns() / blockSize);
    for (int i = 0; i < code.mostRows(); i++) {
      call.set(JAVA_LONG, LinearCall.TILES + 8L * (i + 1), code.tiles()[i]);
    }
    setPartialPanel(outputs, weights.packed().address() + (panels - 1) * panelBytes);
  }

  private void setPartialPanel(int outputs, long lastPanel) {
    int there = outputs % PanelForm.OUTPUTS;
    if (there == 0) {
      return;
    }
    call.set(JAVA_LONG, LinearCall.PARTIAL_PANEL, lastPanel);
    for (int lane = 0; lane < there; lane++) {
      call.set(JAVA_INT, LinearCall.PARTIAL_LANES + 4L * lane, -1);
      long bits = LinearCall.PARTIAL_BITS + lane / 16 * 2L;
      call.set(JAVA_SHORT, bits, (short) (call.get(JAVA_SHORT, bits) | 1 << lane % 16));
    }
  }

  /** A copy in native memory: what is given may be of the model's mapping, which machine code must not touch. */
  static MemorySegment filledUp(MemorySegment bias, long outputs) {
    MemorySegment copy = Arena.ofAuto().allocate(4L * outputs, 64);
    for (long i = 0; i < bias.byteSize() / 4; i++) {
      copy.setAtIndex(JAVA_FLOAT, i, bias.getAtIndex(ScalarOperators.CONSTANT, i));
    }
    return copy;
  }

  @Override
  public void run(int rows, int position) {
    begin(rows);
    if (worthSharing(rows)) {
      workers.share(panels, 1, range);
    } else {
      runPanels(0, panels);
    }
    Reference.reachabilityFence(kept);
  }

  /** Whether so many rows are more work than to bring it to other threads. */
  boolean worthSharing(int rows) {
    return panelCost * rows * panels >= WORTH_SHARING;
  }

  /** Sets how many rows the next panels are computed for. */
  void begin(int rows) {
    // evenly: 32 rows are 6, 6, 5, 5, 5, 5, not 6, 6, 6, 6, 6, 2
    int tiles = Math.ceilDiv(rows, code.mostRows());
    tallRows = Math.ceilDiv(rows, tiles);
    tallTiles = rows - tiles * (tallRows - 1);
    shortTiles = tiles - tallTiles;
    panelsAtOnce = Math.clamp(mostAtOnce / (panelCost * rows), 1, panels);
  }

  private void runPanels(int from, int to) {
    runPanels(callAddress, from, to);
  }

  /**
   * Computes some panels of outputs for the rows that were set.
   *
   * @param call the address of this operator's arguments or of a copy of them
   */
  void runPanels(long call, int from, int to) {
    for (int panel = from; panel < to; panel += panelsAtOnce) {
      NativeCalls.call(
          code.driver(), call, panel, Math.min(panelsAtOnce, to - panel), tallTiles, shortTiles, tallRows);
    }
  }

  /** The arguments once more, for results in another place. What they point to lives as long as the operator. */
  MemorySegment copyOfCall() {
    return Arena.ofAuto().allocate(LinearCall.BYTES, 64).copyFrom(call);
  }
}
