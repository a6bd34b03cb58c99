package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RCX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RSI;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The machine code that stores the channels of one head of keys or values.
 *
 * <p>The function is {@code f(from, to, channels, step)} in the System V convention: float32 side by side, which come to lie
 * {@code step} bytes apart, rounded as {@link io.picaflor.quantization.BFloat16} does it where they are stored so.
 */
final class AppendLoop {
  private AppendLoop() {}

  static Label write(X64Assembler code, KvLayout.Precision precision) {
    code.align(64);
    Label start = code.here();
    Label again = code.here();
    code.load32(RAX, Address.at(RDI, 0));
    switch (precision) {
      case F32 -> code.store32(Address.at(RSI, 0), RAX);
      case BF16 -> {
        round(code);
        code.store16(Address.at(RSI, 0), RAX);
      }
    }
    code.add(RDI, 4);
    code.add(RSI, RCX);
    code.sub(RDX, 1);
    code.jump(Condition.NOT_EQUAL, again);
    code.ret();
    return start;
  }

  /** {@code (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16}; NaN becomes 0x7fc0. */
  private static void round(X64Assembler code) {
    Label number = code.label();
    code.mov(R8, RAX);
    code.mov(R9, RAX);
    code.shr(R8, 16);
    code.and(R8, 1);
    code.add(RAX, R8);
    code.add(RAX, 0x7fff);
    code.shr(RAX, 16);
    code.and(R9, 0x7fff_ffff);
    code.cmp(R9, 0x7f80_0001);
    code.jump(Condition.BELOW, number);
    code.mov(RAX, 0x7fc0);
    code.bind(number);
  }
}
