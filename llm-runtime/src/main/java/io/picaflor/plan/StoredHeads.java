package io.picaflor.plan;

import java.util.List;
import java.util.Optional;

/**
 * Keys or values of a layer as a product reads them: the store they come from, and which of its dimensions is what.
 *
 * @param store the form that stores a row of them
 * @param heads heads that have rows of their own
 * @param headSize channels of a head
 * @param slot the dimension of the view that runs over positions
 * @param channel the dimension of the view that runs over channels; -1 if a head has one
 * @param head the dimension of the view that runs over heads; -1 if there is one
 */
record StoredHeads(Form store, int heads, int headSize, int slot, int channel, int head) {

  /** What a form is a view of, if it is a store, turned, or with heads repeated for the queries that share them. */
  static Optional<StoredHeads> of(Form view) {
    Kind kind = view.kind();
    if (kind instanceof Kind.Store store) {
      return ofStore(view, store.dimension());
    }
    if (kind instanceof Kind.Transpose(List<Integer> permutation)) {
      return of(view.input(0)).map(heads -> new StoredHeads(heads.store, heads.heads, heads.headSize,
          permutation.indexOf(heads.slot), permutation.indexOf(heads.channel), permutation.indexOf(heads.head)));
    }
    return kind instanceof Kind.Reshape ? repeated(view) : Optional.empty();
  }

  private static Optional<StoredHeads> ofStore(Form store, int slot) {
    List<Integer> shape = store.shape();
    if (shape.size() == 2) {
      return Optional.of(new StoredHeads(store, 1, shape.get(1 - slot), slot, 1 - slot, -1));
    }
    if (shape.size() != 3) {
      return Optional.empty();
    }
    int head = slot == 0 ? 1 : 0; // the row that is stored is [heads, channels] in all layouts
    int channel = 3 - slot - head;
    return Optional.of(new StoredHeads(store, shape.get(head), shape.get(channel), slot, channel, head));
  }

  /** {@code [heads, ...] -> [heads, group, ...] -> [heads * group, ...]}: head h serves the queries h * group and on. */
  private static Optional<StoredHeads> repeated(Form view) {
    if (!(view.input(0).kind() instanceof Kind.Broadcast(List<Integer> kept))) {
      return Optional.empty();
    }
    Form broadcast = view.input(0);
    StoredHeads base = of(broadcast.input(0)).orElse(null);
    if (base == null) {
      return Optional.empty();
    }
    if (base.head == 0 && kept.equals(List.of(0, 2, 3)) && view.shape().size() == 3
        && view.shape().get(0) == base.heads * broadcast.shape().get(1)) {
      return Optional.of(base);
    }
    return base.head == -1 && kept.equals(List.of(1, 2)) && view.shape().equals(broadcast.shape())
        ? Optional.of(new StoredHeads(base.store, 1, base.headSize, base.slot + 1, base.channel + 1, 0))
        : Optional.empty();
  }

  /**
   * Whether a product reads the view as attention does: queries (or weights) by head and row, summed over channels
   * (keys) or positions (values).
   *
   * @param overChannels whether the channels are summed up
   */
  boolean isReadAs(Kind.Product product, boolean overChannels) {
    List<Integer> right = product.right();
    List<Integer> left = product.left();
    int summed = right.get(overChannels ? channel : slot);
    int kept = right.get(overChannels ? slot : channel);
    boolean sums = left.getLast() == summed && !product.result().contains(summed);
    boolean keeps = product.result().getLast() == kept && !left.contains(kept);
    // With one head of keys the dimension of heads is there only if it was repeated, or not at all.
    boolean batches =
        head < 0 || left.getFirst().equals(right.get(head)) && product.result().getFirst().equals(right.get(head));
    boolean sameOrder =
        left.subList(0, left.size() - 1).equals(product.result().subList(0, product.result().size() - 1));
    return sums && keeps && batches && sameOrder;
  }
}
