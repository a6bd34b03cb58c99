package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.R12;
import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RCX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RSI;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The machine code that stores some channels of one head of keys or values, of some rows.
 *
 * <p>The function is {@code f(from, to, channels, step, rows, stride)} in the System V convention: a row's float32 lie side by side, one
 * row {@code stride} bytes behind the other; in the buffer channels come to lie {@code step} bytes apart and rows side by side. They are
 * rounded as {@link io.picaflor.quantization.BFloat16} does it where they are stored so.
 */
final class AppendLoop {
  private AppendLoop() {}

  static Label write(X64Assembler code, KvLayout.Precision precision) {
    code.align(64);
    Label start = code.here();
    code.push(RBX);
    code.push(RBP);
    code.push(R12);
    Label row = code.here();
    code.mov(R10, RDI);
    code.mov(R11, RSI);
    code.mov(RBP, RDX);
    code.align(32);
    Label channel = code.here();
    code.load32(RAX, Address.at(R10, 0));
    switch (precision) {
      case F32 -> code.store32(Address.at(R11, 0), RAX);
      case BF16 -> {
        round(code);
        code.store16(Address.at(R11, 0), RAX);
      }
    }
    code.add(R10, 4);
    code.add(R11, RCX);
    code.sub(RBP, 1);
    code.jump(Condition.NOT_EQUAL, channel);
    code.add(RDI, R9);
    code.add(RSI, precision.bytes());
    code.sub(R8, 1);
    code.jump(Condition.NOT_EQUAL, row);
    code.pop(R12);
    code.pop(RBP);
    code.pop(RBX);
    code.ret();
    return start;
  }

  /** {@code (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16}; NaN becomes 0x7fc0. */
  private static void round(X64Assembler code) {
    Label number = code.label();
    code.mov(RBX, RAX);
    code.mov(R12, RAX);
    code.shr(RBX, 16);
    code.and(RBX, 1);
    code.add(RAX, RBX);
    code.add(RAX, 0x7fff);
    code.shr(RAX, 16);
    code.and(R12, 0x7fff_ffff);
    code.cmp(R12, 0x7f80_0001);
    code.jump(Condition.BELOW, number);
    code.mov(RAX, 0x7fc0);
    code.bind(number);
  }
}
