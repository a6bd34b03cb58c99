package io.picaflor.codegen;

/**
 * A memory operand: {@code [base + index * scale + displacement]}.
 *
 * @param index {@code null} for none; never RSP
 * @param scale 1, 2, 4 or 8
 */
public record Address(Gpr base, Gpr index, int scale, int displacement) {
  public Address {
    if (Integer.bitCount(scale) != 1 || scale < 1 || scale > 8 || index == Gpr.RSP) {
      throw new IllegalArgumentException("address: no such form: index " + index + ", scale " + scale);
    }
  }

  /** {@code [base + displacement]}. */
  public static Address at(Gpr base, int displacement) {
    return new Address(base, null, 1, displacement);
  }

  /** {@code [base + index * scale + displacement]}. */
  public static Address at(Gpr base, Gpr index, int scale, int displacement) {
    return new Address(base, index, scale, displacement);
  }

  /** The same place, some bytes on. */
  public Address plus(int bytes) {
    return new Address(base, index, scale, displacement + bytes);
  }
}
