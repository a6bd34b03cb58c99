package io.picaflor.kernels;

import io.picaflor.codegen.CodeForm;

/**
 * How {@link Codes} lie in memory in the tier {@code jit}: for each row its codes plus 128, in the {@link CodeForm} of the level,
 * filled up to a multiple of 64, then 64 bytes with the parameters of the row.
 *
 * <p>Rule: {@link io.picaflor.quantization.DynamicQuantization}. What stands behind a row's last code is not defined; weights
 * there are 0.
 */
final class JitCodes {
  /** {@code -(zeroPoint + 128)} as int32; offsets in the parameters, in bytes. */
  static final int NEGATIVE_ZERO_POINT = 0;
  /** The dequantization scale as float32. */
  static final int SCALE = 4;
  /** {@code zeroPoint + 128} as float32. */
  static final int ZERO_POINT = 8;

  private static final int FILLED = 64;
  private static final int PARAMETER_BYTES = 64;

  private JitCodes() {}

  static long bytes(CodeForm form, int rows, int columns) {
    return rows * rowBytes(form, columns);
  }

  /** From one row to the next. */
  static long rowBytes(CodeForm form, int columns) {
    return parameterOffset(form, columns) + PARAMETER_BYTES;
  }

  /** From a row's codes to its parameters. */
  static long parameterOffset(CodeForm form, int columns) {
    return (columns + FILLED - 1L) / FILLED * FILLED * form.bytes();
  }
}
