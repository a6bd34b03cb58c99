/** Preallocated keys and values of a session. */
module io.picaflor.kvcache {
  exports io.picaflor.kvcache;
}
