/** Matrix products and their kin, in tiers from plain Java to vectors. */
module io.picaflor.kernels {
  requires io.picaflor.codegen;
  requires io.picaflor.platform;
  requires transitive io.picaflor.quantization;
  requires static jdk.incubator.vector;

  exports io.picaflor.kernels;
}
