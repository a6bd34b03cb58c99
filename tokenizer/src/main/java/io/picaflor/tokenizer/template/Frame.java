package io.picaflor.tokenizer.template;

/** The variables of the template, or of one call of a macro. Unset ones are null. */
final class Frame {
  final Value[] slots;
  final Frame parent; // where the macro was defined; null for the template's
  final Rendering rendering;

  Frame(int slots, Frame parent, Rendering rendering) {
    this.slots = new Value[slots];
    this.parent = parent;
    this.rendering = rendering;
  }

  /** The frame {@code hops} definitions out. */
  Frame out(int hops) {
    Frame frame = this;
    for (int i = hops; i > 0; i--) {
      frame = frame.parent;
    }
    return frame;
  }
}
