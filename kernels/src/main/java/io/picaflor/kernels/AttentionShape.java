package io.picaflor.kernels;

/**
 * What attention computes: for each row and head {@code softmax(mask(cap(scale * q . K))) . V}.
 *
 * <p>Head {@code h} of the queries attends to head {@code h / (heads / kvHeads)} of keys and values (grouped-query
 * attention, arXiv:2305.13245). A row at position {@code p} sees the positions {@code p - window < j <= p}, itself included.
 *
 * @param heads heads of the queries, a multiple of those of the keys
 * @param kvHeads heads of keys and values
 * @param keySize channels of a head in queries and keys
 * @param valueSize channels of a head in values and results
 * @param scale what scores are multiplied by
 * @param cap scores become {@code cap * tanh(score / cap)}; 0 for none
 * @param window how many positions a row sees; {@link Integer#MAX_VALUE} for all before it
 */
public record AttentionShape(
    int heads, int kvHeads, int keySize, int valueSize, float scale, float cap, int window) {
  public AttentionShape {
    if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0 || keySize < 1 || valueSize < 1 || window < 1 || !(cap >= 0)) {
      throw new IllegalArgumentException("attention: expected positive sizes that fit, found " + heads + " heads over "
          + kvHeads + ", " + keySize + " and " + valueSize + " channels, window " + window + ", cap " + cap);
    }
  }
}
