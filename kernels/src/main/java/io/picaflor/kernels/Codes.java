package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Rows of quantized activations in the form of one tier, written by {@link Operators#quantize} or by a norm, read by linear
 * operators.
 *
 * <p>Rule: {@link io.picaflor.quantization.DynamicQuantization}, each row by itself.
 *
 * @param memory native, aligned to 64 bytes, {@link Operators#codesBytes} of them
 * @param rows the most rows
 * @param columns values in a row
 */
public record Codes(MemorySegment memory, int rows, int columns) {
  public Codes {
    if (rows < 1 || columns < 1 || !memory.isNative() || memory.address() % 64 != 0) {
      throw new IllegalArgumentException(
          "codes: expected native memory aligned to 64 and positive sizes, found " + memory
              + " for " + rows + " x " + columns);
    }
  }
}
