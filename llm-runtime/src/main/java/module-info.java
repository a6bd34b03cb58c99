/** Loads a LiteRT language model and streams its tokens. */
module io.picaflor {
  requires io.picaflor.quantization;
  requires io.picaflor.kernels;
  requires io.picaflor.kvcache;

  exports io.picaflor;
}
