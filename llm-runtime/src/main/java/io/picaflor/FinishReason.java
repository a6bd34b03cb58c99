package io.picaflor;

/** Why a {@link TokenStream} ended. */
public enum FinishReason {
  /** The model chose one of its stop tokens, or a sequence of them; they are not handed out. */
  STOP_TOKEN,
  /** The text contained a stop sequence; it is not handed out. */
  STOP_SEQUENCE,
  /** As many tokens were generated as were asked for. */
  MAX_TOKENS,
  /** The context holds no further token. */
  CONTEXT_FULL,
  /** {@link TokenStream#cancel}, {@link TokenStream#close}, or an interrupt of the thread. */
  CANCELLED
}
