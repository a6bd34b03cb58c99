/** Number formats of weights and activations, each with its rule as plain Java. */
module io.picaflor.quantization {
  exports io.picaflor.quantization;
}
