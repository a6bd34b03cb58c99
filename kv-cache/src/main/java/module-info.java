/** Keys, values and running state of a session. */
module io.picaflor.kvcache {
  requires io.picaflor.platform;

  exports io.picaflor.kvcache;
}
