/** Machine code written by Java: an assembler, CPU features, executable memory and a small vector language. */
module io.picaflor.codegen {
  requires io.picaflor.platform;

  exports io.picaflor.codegen;
}
