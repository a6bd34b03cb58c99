package io.picaflor.codegen;

import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * Writes SHA-256 (FIPS 180-4) for {@link #MESSAGES} messages of one length at a time, a message in each 32-bit lane.
 *
 * <p>The function is {@code f(state, blocks, count, schedule)}. A row is {@link #ROW_BYTES} bytes, a word of each message.
 * {@code state} has 8 rows, which are read and overwritten; a block has 16, the words as numbers and not as bytes;
 * {@code schedule} has 16, which are overwritten. {@code count} is at least 1. Padding is the caller's. The function works on as
 * many messages as a vector has lanes: with vectors of 256 bits it is called once for each half of the rows.
 */
public final class Sha256Code {
  /** How many messages a row has words of. */
  public static final int MESSAGES = 16;

  /** From a word of a message to the next one. */
  public static final int ROW_BYTES = 4 * MESSAGES;

  /** A block of all messages: 16 words of each. */
  public static final int BLOCK_BYTES = 16 * ROW_BYTES;

  private static final int ROUNDS = 64;
  private static final int ROUNDS_OF_A_TURN = 16;

  private final X64Assembler code;
  private final boolean wide;
  private final Simd[] state = new Simd[8];
  private final Simd word;
  private final Simd sum;
  private final Simd turned;
  private final Simd scratch;
  /** {@code a ^ b} of this round and of the one before. */
  private final Simd[] differences;

  private Sha256Code(X64Assembler code, boolean wide) {
    this.code = code;
    this.wide = wide;
    for (int i = 0; i < state.length; i++) {
      state[i] = register(i);
    }
    word = register(8);
    sum = register(9);
    turned = register(10);
    scratch = register(11);
    differences = new Simd[] {register(12), register(13)};
  }

  /** Writes the function for a CPU with AVX-512, for vectors of 64 bytes. */
  public static Label avx512(X64Assembler code) {
    return new Sha256Code(code, true).write();
  }

  /** Writes the function for a CPU with AVX2, for vectors of 32 bytes. */
  public static Label avx2(X64Assembler code) {
    return new Sha256Code(code, false).write();
  }

  /** The state of a message before its first block: of the square roots of the first eight primes. */
  public static int[] initialState() {
    return fractions(8, 1.0 / 2);
  }

  /** The first 32 bits behind the point of the roots of the first primes. */
  private static int[] fractions(int count, double power) {
    int[] fractions = new int[count];
    int candidate = 2;
    for (int found = 0; found < count; candidate++) {
      if (isPrime(candidate)) {
        double root = power == 0.5 ? Math.sqrt(candidate) : Math.cbrt(candidate);
        fractions[found++] = (int) (long) ((root - Math.floor(root)) * 0x1p32);
      }
    }
    return fractions;
  }

  private static boolean isPrime(int number) {
    for (int divisor = 2; divisor * divisor <= number; divisor++) {
      if (number % divisor == 0) {
        return false;
      }
    }
    return true;
  }

  private Simd register(int number) {
    return wide ? Simd.zmm(number) : Simd.ymm(number);
  }

  private static Address row(Gpr base, int index) {
    return Address.at(base, ROW_BYTES * index);
  }

  private Label write() {
    Label constants = code.label();
    Label entry = code.here();
    for (int i = 0; i < state.length; i++) {
      code.load(SimdOp.VMOVUPS, state[i], row(Gpr.RDI, i));
    }
    code.lea(Gpr.R8, constants);
    Label block = code.here();
    code.binary(SimdOp.VPXOR, differences[1], state[1], state[2]);
    code.mov(Gpr.R9, Gpr.R8);
    rounds(true);
    code.mov(Gpr.R10, ROUNDS / ROUNDS_OF_A_TURN - 1);
    Label turn = code.here();
    code.add(Gpr.R9, 4 * ROUNDS_OF_A_TURN);
    rounds(false);
    code.sub(Gpr.R10, 1);
    code.jump(Condition.NOT_EQUAL, turn);
    for (int i = 0; i < state.length; i++) {
      code.binary(SimdOp.VPADDD, state[i], state[i], row(Gpr.RDI, i));
      code.store(row(Gpr.RDI, i), state[i]);
    }
    code.add(Gpr.RSI, BLOCK_BYTES);
    code.sub(Gpr.RDX, 1);
    code.jump(Condition.NOT_EQUAL, block);
    code.vzeroupper();
    code.ret();
    code.align(4);
    code.bind(constants);
    for (int constant : fractions(ROUNDS, 1.0 / 3)) {
      code.word(constant);
    }
    return entry;
  }

  /** Sixteen rounds, after which all registers have their first roles again. */
  private void rounds(boolean first) {
    for (int i = 0; i < ROUNDS_OF_A_TURN; i++) {
      if (first) {
        code.load(SimdOp.VMOVUPS, word, row(Gpr.RSI, i));
      } else {
        schedule(i);
      }
      code.store(row(Gpr.RCX, i), word);
      round(i);
    }
  }

  /** The next word: of those that are 2, 7, 15 and 16 before it. */
  private void schedule(int i) {
    code.load(SimdOp.VMOVUPS, word, row(Gpr.RCX, (i + 1) % 16));
    mix(word, 7, 18, 3);
    code.binary(SimdOp.VPADDD, word, sum, row(Gpr.RCX, i));
    code.binary(SimdOp.VPADDD, word, word, row(Gpr.RCX, (i + 9) % 16));
    Simd late = differences[i % 2]; // free until the round
    code.load(SimdOp.VMOVUPS, late, row(Gpr.RCX, (i + 14) % 16));
    mix(late, 17, 19, 10);
    code.binary(SimdOp.VPADDD, word, word, sum);
  }

  /** {@code sum = from >>> a ^ from >>> b ^ from >> shift}, the first two turned round. */
  private void mix(Simd from, int a, int b, int shift) {
    turn(sum, from, a);
    turn(turned, from, b);
    code.binary(SimdOp.VPXOR, sum, sum, turned);
    code.shift(SimdOp.VPSRLD, turned, from, shift);
    code.binary(SimdOp.VPXOR, sum, sum, turned);
  }

  private void round(int i) {
    Simd a = state[(16 - i) % 8];
    Simd b = state[(17 - i) % 8];
    Simd d = state[(19 - i) % 8];
    Simd e = state[(20 - i) % 8];
    Simd f = state[(21 - i) % 8];
    Simd g = state[(22 - i) % 8];
    Simd h = state[(23 - i) % 8];
    Simd now = differences[i % 2];
    Simd before = differences[1 - i % 2];
    code.load(SimdOp.VPBROADCASTD, sum, Address.at(Gpr.R9, 4 * i));
    code.binary(SimdOp.VPADDD, h, h, word);
    code.binary(SimdOp.VPADDD, h, h, sum);
    code.binary(SimdOp.VPXOR, sum, f, g); // e chooses of f and g
    code.binary(SimdOp.VPAND, sum, sum, e);
    code.binary(SimdOp.VPXOR, sum, sum, g);
    code.binary(SimdOp.VPADDD, h, h, sum);
    addTurns(h, e, 6, 11, 25);
    code.binary(SimdOp.VPADDD, d, d, h);
    code.binary(SimdOp.VPXOR, now, a, b); // the majority of a, b and c
    code.binary(SimdOp.VPAND, before, before, now);
    code.binary(SimdOp.VPXOR, before, before, b);
    code.binary(SimdOp.VPADDD, h, h, before);
    addTurns(h, a, 2, 13, 22);
  }

  private void addTurns(Simd to, Simd from, int a, int b, int c) {
    turn(sum, from, a);
    turn(turned, from, b);
    code.binary(SimdOp.VPXOR, sum, sum, turned);
    turn(turned, from, c);
    code.binary(SimdOp.VPXOR, sum, sum, turned);
    code.binary(SimdOp.VPADDD, to, to, sum);
  }

  /** All bits some places to the right; those that fall out come in at the left. */
  private void turn(Simd to, Simd from, int bits) {
    if (wide) {
      code.shift(SimdOp.VPRORD, to, from, bits);
      return;
    }
    code.shift(SimdOp.VPSRLD, to, from, bits);
    code.shift(SimdOp.VPSLLD, scratch, from, 32 - bits);
    code.binary(SimdOp.VPXOR, to, to, scratch);
  }
}
