package io.picaflor;

/** How a session keeps keys and values. */
public enum KvPrecision {
  /** float32, as LiteRT keeps them. */
  F32,
  /** bfloat16: half the memory, and half of what attention reads; keys and values keep 8 significant bits. */
  BF16
}
