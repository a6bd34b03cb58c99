package io.picaflor.codegen;

import java.util.Arrays;

/** Bytes of machine code in the making, with places that jumps are bound to; the same for all kinds of CPU. */
public abstract sealed class CodeBuffer permits X64Encoding {
  /** A place in the code, known before or after it is jumped to. */
  public static final class Label {
    private int position = -1;
    /** Ends of 32-bit displacements that wait for this place. */
    private int[] uses = new int[2];
    private int useCount;

    Label() {}

    /** Bytes from the start of the code. */
    public int position() {
      if (position < 0) {
        throw new IllegalStateException("label: used, but never bound");
      }
      return position;
    }
  }

  private byte[] bytes = new byte[1024];
  private int size;

  CodeBuffer() {}

  /** Bytes written so far. */
  public int size() {
    return size;
  }

  /** The code. All labels that were used must be bound. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** A label that is not yet bound. */
  public Label label() {
    return new Label();
  }

  /** Binds a label to the place reached. */
  public void bind(Label label) {
    if (label.position >= 0) {
      throw new IllegalStateException("label: bound twice");
    }
    label.position = size;
    for (int i = 0; i < label.useCount; i++) {
      putInt(label.uses[i] - 4, size - label.uses[i]);
    }
  }

  /** A label bound to the place reached. */
  public Label here() {
    Label label = new Label();
    bind(label);
    return label;
  }

  void byte8(int value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, size * 2);
    }
    bytes[size++] = (byte) value;
  }

  void bytes(int... values) {
    for (int value : values) {
      byte8(value);
    }
  }

  void int32(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      byte8(value >> shift);
    }
  }

  void int64(long value) {
    int32((int) value);
    int32((int) (value >>> 32));
  }

  /** A displacement from its own end to the label. */
  void relative32(Label label) {
    int32(0);
    if (label.position >= 0) {
      putInt(size - 4, label.position - size);
      return;
    }
    if (label.useCount == label.uses.length) {
      label.uses = Arrays.copyOf(label.uses, 2 * label.useCount);
    }
    label.uses[label.useCount++] = size;
  }

  private void putInt(int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >> 8 * i);
    }
  }
}
