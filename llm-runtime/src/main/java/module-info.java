/** Loads a LiteRT language model and streams its tokens. */
module io.picaflor {
  requires io.picaflor.platform;
  requires io.picaflor.quantization;
  requires io.picaflor.kernels;
  requires io.picaflor.kvcache;
  requires jdk.management; // how much memory the machine has
  requires transitive io.picaflor.tokenizer;

  exports io.picaflor;
}
