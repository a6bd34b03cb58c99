package io.picaflor.graph;

import java.util.Optional;

/** What an operand of a signature stands for, by its name ({@code FORMATS.md}, 2.3). */
public enum OperandRole {
  /** Token ids; rows beyond the valid ones are 0. */
  TOKENS,
  /** Positions of the tokens; rows beyond the valid ones are 0. */
  POSITIONS,
  /** The position of the first token, alone. */
  TIME_STEP,
  /** Which rows hold a token. */
  VALID_ROWS,
  /** Which position sees which: all before it and itself. */
  CAUSAL_MASK,
  /** The same within the sliding window. */
  SLIDING_MASK,
  /** Results of the embedder. */
  EMBEDDINGS,
  /** Results of the embedder for each layer. */
  PER_LAYER_EMBEDDINGS,
  /** First position, end position, end position, zeros: of exports for GPUs. */
  POSITION_PARAMETERS,
  /** Results of the auxiliary graph's mask signature. */
  COMPUTED_MASK,
  /** Results of the auxiliary graph's rotary embedding signature. */
  COMPUTED_ROTARY,
  /** New rows of the KV cache that the main graph gives out, for the signature that stores them. */
  CACHE_ROWS,
  /** Low-rank adapters: zero, which is none. */
  ADAPTER;

  public static Optional<OperandRole> of(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "tokens", "token_ids", "input_tokens" -> TOKENS;
          case "input_pos", "positions" -> POSITIONS;
          case "time_step" -> TIME_STEP;
          case "valid_mask" -> VALID_ROWS;
          case "mask", "attn_mask" -> CAUSAL_MASK;
          case "local_mask", "attn_mask_local", "local_attn_mask" -> SLIDING_MASK;
          case "embeddings" -> EMBEDDINGS;
          case "per_layer_embeddings" -> PER_LAYER_EMBEDDINGS;
          case "param_tensor" -> POSITION_PARAMETERS;
          case "mask_global", "mask_local" -> COMPUTED_MASK;
          default -> byPrefix(name);
        });
  }

  private static OperandRole byPrefix(String name) {
    if (name.startsWith("pos_emb_")) {
      return COMPUTED_ROTARY;
    }
    if (name.startsWith("kv_slice_")) {
      return CACHE_ROWS;
    }
    return name.startsWith("lora_") ? ADAPTER : null;
  }
}
