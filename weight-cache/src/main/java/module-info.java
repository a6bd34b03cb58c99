/** A file of packed blobs, found by content, mapped read-only, built once, shared by processes. */
module io.picaflor.weightcache {
  exports io.picaflor.weightcache;
}
