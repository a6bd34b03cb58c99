package io.picaflor.bench;

/** Writes results to stdout as they come. */
interface Report {

  /** One more result. */
  void add(Result result);

  /** There are no more. */
  void end();
}
