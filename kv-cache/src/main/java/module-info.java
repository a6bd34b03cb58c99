/** Keys, values and running state of a session. */
module io.picaflor.kvcache {
  exports io.picaflor.kvcache;
}
