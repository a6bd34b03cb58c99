package io.picaflor.model;

import java.util.Locale;

/** What a graph in a model file is for, of those that we run; others (vision, audio, drafters) are only listed. */
public enum ModelRole {
  /** The language model itself. */
  PREFILL_DECODE("tf_lite_prefill_decode"),
  /** Token ids to embeddings, where the language model takes embeddings. */
  EMBEDDER("tf_lite_embedder"),
  /** Token ids to the embeddings that each layer adds. */
  PER_LAYER_EMBEDDER("tf_lite_per_layer_embedder"),
  /** Masks, rotary angles and cache updates, where the language model takes them as inputs. */
  AUX("tf_lite_aux");

  private final String modelType;

  ModelRole(String modelType) {
    this.modelType = modelType;
  }

  /** The value of {@code model_type} in a {@code .litertlm} file. */
  public String modelType() {
    return modelType;
  }

  /** The name of the entry in a {@code .task} bundle. */
  public String entryName() {
    return modelType.toUpperCase(Locale.ROOT);
  }
}
