package io.picaflor.codegen;

/**
 * Writes x86-64 instructions: integer ones by a method each, vector ones by their {@link SimdOp}. Encodings only; what a
 * kernel does with them is none of its business.
 *
 * <p>Vector instructions are written in the VEX encoding where that can express them and in EVEX where not: 512 bits, a
 * register above 15, a mask or an embedded broadcast. Thread rule: for one thread.
 */
public final class X64Assembler extends X64Encoding {

  /** Conditions of jumps, by their number in the opcode. */
  public enum Condition {
    BELOW(2),
    ABOVE_OR_EQUAL(3),
    EQUAL(4),
    NOT_EQUAL(5);

    private final int number;

    Condition(int number) {
      this.number = number;
    }
  }

  /** Begins with no code. */
  public X64Assembler() {}

  // ---- integers ----

  /** {@code to = from}. */
  public void mov(Gpr to, Gpr from) {
    rexW(from.number(), 0, to.number());
    bytes(0x89, modRm(from.number(), to.number()));
  }

  public void mov(Gpr to, long value) {
    if (value >= 0 && value <= 0xffff_ffffL) { // a write of 32 bits clears the rest
      if (to.number() > 7) {
        byte8(0x41);
      }
      byte8(0xB8 | to.number() & 7);
      int32((int) value);
      return;
    }
    rexW(0, 0, to.number());
    byte8(0xB8 | to.number() & 7);
    int64(value);
  }

  /** {@code to = [address]}. */
  public void load(Gpr to, Address address) {
    integerMemory(0x8B, to.number(), address);
  }

  /** {@code [address] = from}. */
  public void store(Address address, Gpr from) {
    integerMemory(0x89, from.number(), address);
  }

  /** {@code to = the 32 bits at address}, without sign. */
  public void load32(Gpr to, Address address) {
    narrowPrefix(to.number(), address);
    byte8(0x8B);
    memory(to.number(), address, 1);
  }

  /** {@code to = the 16 bits at address}, without sign. */
  public void load16(Gpr to, Address address) {
    narrowPrefix(to.number(), address);
    bytes(0x0F, 0xB7);
    memory(to.number(), address, 1);
  }

  /** {@code [address] = the low 32 bits of from}. */
  public void store32(Address address, Gpr from) {
    narrowPrefix(from.number(), address);
    byte8(0x89);
    memory(from.number(), address, 1);
  }

  /** {@code [address] = the low 16 bits of from}. */
  public void store16(Address address, Gpr from) {
    byte8(0x66);
    store32(address, from);
  }

  /** {@code to = address}. */
  public void lea(Gpr to, Address address) {
    integerMemory(0x8D, to.number(), address);
  }

  /** {@code to = the label's address}. */
  public void lea(Gpr to, Label label) {
    rexW(to.number(), 0, 0);
    bytes(0x8D, (to.number() & 7) << 3 | 5);
    relative32(label);
  }

  public void add(Gpr to, Gpr value) {
    rexW(value.number(), 0, to.number());
    bytes(0x01, modRm(value.number(), to.number()));
  }

  public void add(Gpr to, int value) {
    immediate(0, to, value);
  }

  /** {@code to += [address]}. */
  public void add(Gpr to, Address address) {
    integerMemory(0x03, to.number(), address);
  }

  public void sub(Gpr to, Gpr value) {
    rexW(value.number(), 0, to.number());
    bytes(0x29, modRm(value.number(), to.number()));
  }

  public void sub(Gpr to, int value) {
    immediate(5, to, value);
  }

  /** {@code to = [address] * value}. */
  public void imul(Gpr to, Address address, int value) {
    integerMemory(0x69, to.number(), address);
    int32(value);
  }

  /** {@code to *= [address]}. */
  public void imul(Gpr to, Address address) {
    int index = address.index() == null ? 0 : address.index().number();
    rexW(to.number(), index, address.base().number());
    bytes(0x0F, 0xAF);
    memory(to.number(), address, 1);
  }

  public void cmp(Gpr left, Gpr right) {
    rexW(right.number(), 0, left.number());
    bytes(0x39, modRm(right.number(), left.number()));
  }

  public void cmp(Gpr left, int value) {
    immediate(7, left, value);
  }

  public void cmp(Gpr left, Address address) {
    integerMemory(0x3B, left.number(), address);
  }

  /** Sets the flags by {@code left & right}. */
  public void test(Gpr left, Gpr right) {
    rexW(right.number(), 0, left.number());
    bytes(0x85, modRm(right.number(), left.number()));
  }

  /** {@code to &= value}, which has its sign. */
  public void and(Gpr to, int value) {
    immediate(4, to, value);
  }

  public void shl(Gpr to, int bits) {
    rexW(0, 0, to.number());
    bytes(0xC1, modRm(4, to.number()), bits);
  }

  public void shr(Gpr to, int bits) {
    rexW(0, 0, to.number());
    bytes(0xC1, modRm(5, to.number()), bits);
  }

  public void push(Gpr register) {
    if (register.number() > 7) {
      byte8(0x41);
    }
    byte8(0x50 | register.number() & 7);
  }

  public void pop(Gpr register) {
    if (register.number() > 7) {
      byte8(0x41);
    }
    byte8(0x58 | register.number() & 7);
  }

  public void jmp(Label target) {
    byte8(0xE9);
    relative32(target);
  }

  public void jump(Condition condition, Label target) {
    bytes(0x0F, 0x80 | condition.number);
    relative32(target);
  }

  public void call(Label target) {
    byte8(0xE8);
    relative32(target);
  }

  /** Calls the code whose address stands in memory. */
  public void call(Address address) {
    narrowPrefix(0, address);
    byte8(0xFF);
    memory(2, address, 1);
  }

  public void ret() {
    byte8(0xC3);
  }

  /** Asks the CPU for the leaf in EAX and subleaf in ECX; overwrites EAX, EBX, ECX, EDX. */
  public void cpuid() {
    bytes(0x0F, 0xA2);
  }

  /** Reads the extended control register ECX into EDX:EAX. */
  public void xgetbv() {
    bytes(0x0F, 0x01, 0xD0);
  }

  /** Asks for a line of memory that is read soon; never faults. */
  public void prefetch(Address address) {
    narrowPrefix(0, address);
    bytes(0x0F, 0x18);
    memory(1, address, 1);
  }

  /** The same for what is read later: it goes to the second-level cache. */
  public void prefetchFar(Address address) {
    narrowPrefix(0, address);
    bytes(0x0F, 0x18);
    memory(2, address, 1);
  }

  /** Puts four bytes of data between the instructions. */
  public void word(int value) {
    int32(value);
  }

  /** Fills up to a multiple of {@code bytes} with instructions that do nothing. */
  public void align(int bytes) {
    while (size() % bytes != 0) {
      byte8(0x90);
    }
  }

  // ---- masks and vectors ----

  /** Ends the use of wide vectors before code that may be of SSE. */
  public void vzeroupper() {
    bytes(0xC5, 0xF8, 0x77);
  }

  /** {@code k = the 16 bits at address}. */
  public void kmovw(int k, Address address) {
    vexPrefix(1, 0, 0, k, 0, address, 128);
    byte8(0x90);
    memory(k, address, 1);
  }

  /** {@code to = op(from)}. */
  public void unary(SimdOp op, Simd to, Simd from) {
    registers(op, to.number(), 0, from, widest(to, from), 0, false);
  }

  /** {@code to = op(from, immediate)}. */
  public void unary(SimdOp op, Simd to, Simd from, int immediate) {
    unary(op, to, from);
    byte8(immediate);
  }

  /** {@code to = from}. */
  public void move(Simd to, Simd from) {
    unary(SimdOp.VMOVAPS, to, from);
  }

  /** {@code to = the upper 128 of 256 bits}. */
  public void extractHigh(Simd to, Simd from) {
    registers(SimdOp.VEXTRACTF128, from.number(), 0, to, from.bits(), 0, false);
    byte8(1);
  }

  /** {@code to = op([address])}: a load, a broadcast, a conversion. */
  public void load(SimdOp op, Simd to, Address address) {
    memoryOperand(op, to.number(), 0, address, to.bits(), false, 0, false);
  }

  /** A load of the lanes that mask register {@code k} names; the others become zero. */
  public void loadMasked(SimdOp op, Simd to, int k, Address address) {
    memoryOperand(op, to.number(), 0, address, to.bits(), false, k, true);
  }

  /** {@code [address] = from}. */
  public void store(Address address, Simd from) {
    storeAs(SimdOp.VMOVUPS, 0x11, address, from, 0);
  }

  /** A store of the lanes that mask register {@code k} names. */
  public void storeMasked(Address address, int k, Simd from) {
    storeAs(SimdOp.VMOVUPS, 0x11, address, from, k);
  }

  /** {@code [address] = the lowest lane of from}. */
  public void storeLane(Address address, Simd from) {
    storeAs(SimdOp.VMOVSS, 0x11, address, from.low(), 0);
  }

  /** {@code [address] = op(from)}, where the operation is a store by itself. */
  public void store(SimdOp op, Address address, Simd from) {
    storeAs(op, op.opcode, address, from, 0);
  }

  /** {@code [address] = op(mask, from)}: the AVX form of masked stores. */
  public void store(SimdOp op, Address address, Simd mask, Simd from) {
    memoryOperand(op, from.number(), mask.number(), address, from.bits(), false, 0, false);
  }

  /** {@code to = op(left, right)}; fused multiply-adds read {@code to} as well. */
  public void binary(SimdOp op, Simd to, Simd left, Simd right) {
    registers(op, to.number(), left.number(), right, widest(to, right), 0, false);
  }

  public void binary(SimdOp op, Simd to, Simd left, Simd right, int immediate) {
    binary(op, to, left, right);
    byte8(immediate);
  }

  public void binary(SimdOp op, Simd to, Simd left, Address right) {
    memoryOperand(op, to.number(), left.number(), right, to.bits(), false, 0, false);
  }

  /** The right operand is one number of 32 bits, the same for all lanes. */
  public void binaryBroadcast(SimdOp op, Simd to, Simd left, Address right) {
    memoryOperand(op, to.number(), left.number(), right, to.bits(), true, 0, false);
  }

  /** Only the lanes that mask register {@code k} names are written; or, for a blend, taken from the right. */
  public void binaryMasked(SimdOp op, Simd to, int k, Simd left, Simd right) {
    registers(op, to.number(), left.number(), right, to.bits(), k, false);
  }

  /** {@code k = left OP right}, the comparison by the immediate. */
  public void compare(int k, Simd left, Simd right, int immediate) {
    registers(SimdOp.VCMPPS_MASK, k, left.number(), right, left.bits(), 0, false);
    byte8(immediate);
  }

  /** {@code to = mask's sign bit ? right : left}, lane by lane. */
  public void blend(Simd to, Simd left, Simd right, Simd mask) {
    binary(SimdOp.VBLENDVPS, to, left, right);
    byte8(mask.number() << 4);
  }

  /** {@code to = from} shifted by a number of bits, or bytes for {@link SimdOp#VPSRLDQ}. */
  public void shift(SimdOp op, Simd to, Simd from, int count) {
    registers(op, op.digit, to.number(), from, to.bits(), 0, false);
    byte8(count);
  }
}
