/** Loads a LiteRT language model and streams its tokens. */
module io.picaflor {
  requires io.picaflor.quantization;
  requires io.picaflor.kernels;
  requires io.picaflor.kvcache;
  requires transitive io.picaflor.tokenizer;

  exports io.picaflor;
}
