/**
 * Number formats and their written rules: how weights are stored (int8, int4, int2; per tensor, channel
 * or block), how activations are quantized row by row, how both become floats again.
 *
 * <p>Plain Java that serves as the specification: kernels are tested against it. Knows no files and no
 * layouts of kernels.
 */
package io.picaflor.quantization;
