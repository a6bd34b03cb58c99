package io.picaflor.codegen;

/** The forms that instructions of x86-64 are written in: REX, VEX and EVEX prefixes, ModRM and SIB, displacements. */
public abstract sealed class X64Encoding extends CodeBuffer permits X64Assembler {
  X64Encoding() {}

  static int widest(Simd a, Simd b) {
    return Math.max(a.bits(), b.bits());
  }

  final void storeAs(SimdOp op, int opcode, Address address, Simd from, int k) {
    memoryOperand(op, opcode, from.number(), 0, address, from.bits(), false, k, false);
  }

  static boolean needsEvex(SimdOp op, int bits, int reg, int vvvv, int rm, boolean broadcast, int k) {
    boolean evex = op.evexOnly() || bits == 512 || reg > 15 || vvvv > 15 || rm > 15 || broadcast || k != 0;
    if (evex && op.vexOnly()) {
      throw new IllegalArgumentException(op + ": has no EVEX encoding");
    }
    return evex;
  }

  final void registers(SimdOp op, int reg, int vvvv, Simd rm, int bits, int k, boolean zeroing) {
    int r = rm.number();
    if (needsEvex(op, bits, reg, vvvv, r, false, k)) {
      bytes(0x62, (~reg & 8) << 4 | (~r & 16) << 2 | (~r & 8) << 2 | ~reg & 16 | op.map,
          (~vvvv & 15) << 3 | 4 | op.prefix,
          (zeroing ? 0x80 : 0) | lengthField(bits) << 5 | (~vvvv & 16) >> 1 | k);
    } else {
      bytes(0xC4, (~reg & 8) << 4 | 0x40 | (~r & 8) << 2 | op.map,
          (~vvvv & 15) << 3 | lengthField(bits) << 2 | op.prefix);
    }
    bytes(op.opcode, modRm(reg, r));
  }

  final void memoryOperand(
      SimdOp op, int reg, int vvvv, Address address, int bits, boolean broadcast, int k, boolean zeroing) {
    memoryOperand(op, op.opcode, reg, vvvv, address, bits, broadcast, k, zeroing);
  }

  final void memoryOperand(
      SimdOp op, int opcode, int reg, int vvvv, Address address, int bits, boolean broadcast, int k, boolean zeroing) {
    if (!needsEvex(op, bits, reg, vvvv, 0, broadcast, k)) {
      vexPrefix(op.map, op.prefix, vvvv, reg, 0, address, bits);
      byte8(opcode);
      memory(reg, address, 1);
      return;
    }
    int base = address.base().number();
    int index = address.index() == null ? 0 : address.index().number();
    bytes(0x62, (~reg & 8) << 4 | (~index & 8) << 3 | (~base & 8) << 2 | ~reg & 16 | op.map,
        (~vvvv & 15) << 3 | 4 | op.prefix,
        (zeroing ? 0x80 : 0) | lengthField(bits) << 5 | (broadcast ? 0x10 : 0) | (~vvvv & 16) >> 1 | k);
    byte8(opcode);
    memory(reg, address, broadcast ? 4 : op.tuple.bytes(bits));
  }

  final void vexPrefix(int map, int prefix, int vvvv, int reg, int w, Address address, int bits) {
    int base = address.base().number();
    int index = address.index() == null ? 0 : address.index().number();
    bytes(0xC4, (~reg & 8) << 4 | (~index & 8) << 3 | (~base & 8) << 2 | map,
        w << 7 | (~vvvv & 15) << 3 | lengthField(bits) << 2 | prefix);
  }

  static int lengthField(int bits) {
    return bits >> 8; // 128: 0, 256: 1, 512: 2
  }

  final void rexW(int reg, int index, int rm) {
    byte8(0x48 | (reg >> 3) << 2 | (index >> 3) << 1 | rm >> 3);
  }

  /** The REX prefix of an instruction on fewer than 64 bits, if it needs one. */
  final void narrowPrefix(int reg, Address address) {
    int index = address.index() == null ? 0 : address.index().number();
    int rex = (reg >> 3) << 2 | (index >> 3) << 1 | address.base().number() >> 3;
    if (rex != 0) {
      byte8(0x40 | rex);
    }
  }

  final void integerMemory(int opcode, int reg, Address address) {
    rexW(reg, address.index() == null ? 0 : address.index().number(), address.base().number());
    byte8(opcode);
    memory(reg, address, 1);
  }

  final void immediate(int digit, Gpr to, int value) {
    rexW(0, 0, to.number());
    if (value == (byte) value) {
      bytes(0x83, modRm(digit, to.number()), value);
    } else {
      bytes(0x81, modRm(digit, to.number()));
      int32(value);
    }
  }

  static int modRm(int reg, int rm) {
    return 0xC0 | (reg & 7) << 3 | rm & 7;
  }

  /** ModRM, SIB and displacement; short displacements count in units of {@code unit} bytes. */
  final void memory(int reg, Address address, int unit) {
    int base = address.base().number();
    int displacement = address.displacement();
    boolean fits = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
    int mod = displacement == 0 && (base & 7) != 5 ? 0 : fits ? 1 : 2; // rbp and r13 have no form without one
    if (address.index() == null && (base & 7) != 4) {
      byte8(mod << 6 | (reg & 7) << 3 | base & 7);
    } else { // rsp and r12 as a base need the SIB byte
      int index = address.index() == null ? 4 : address.index().number() & 7;
      bytes(mod << 6 | (reg & 7) << 3 | 4, Integer.numberOfTrailingZeros(address.scale()) << 6 | index << 3 | base & 7);
    }
    if (mod == 1) {
      byte8(displacement / unit);
    } else if (mod == 2) {
      int32(displacement);
    }
  }
}
