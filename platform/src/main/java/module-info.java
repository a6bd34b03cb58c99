/** What the operating system offers, through the FFM API: reserved address space, CPUs, native calls. */
module io.picaflor.platform {
  exports io.picaflor.platform;
}
