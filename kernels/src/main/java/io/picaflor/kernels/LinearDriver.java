package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R12;
import static io.picaflor.codegen.Gpr.R13;
import static io.picaflor.codegen.Gpr.R14;
import static io.picaflor.codegen.Gpr.R15;
import static io.picaflor.codegen.Gpr.R8;
import static io.picaflor.codegen.Gpr.R9;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RBP;
import static io.picaflor.codegen.Gpr.RBX;
import static io.picaflor.codegen.Gpr.RCX;
import static io.picaflor.codegen.Gpr.RDI;
import static io.picaflor.codegen.Gpr.RDX;
import static io.picaflor.codegen.Gpr.RSI;
import static io.picaflor.codegen.Gpr.RSP;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;

/**
 * The machine code round the tiles of a linear operator: for each panel of weights, for each tile of rows, so that a panel
 * stays in the cache for all rows.
 *
 * <p>The function is {@code f(call, firstPanel, panels, tallTiles, shortTiles, tallRows)} in the System V convention: first come tall
 * tiles, then short ones with a row less. It serves every level and form of weights; only integer registers are used.
 */
final class LinearDriver {
  private static final Gpr[] SAVED = {RBX, RBP, R12, R13, R14, R15};
  /** Bytes of a panel's results in a row. */
  private static final int RESULTS = 4 * PanelForm.OUTPUTS;

  private LinearDriver() {}

  static Label write(X64Assembler code) {
    code.align(64);
    Label start = code.here();
    for (Gpr register : SAVED) {
      code.push(register);
    }
    code.sub(RSP, LinearFrame.BYTES);
    takeArguments(code);
    Label panel = code.here();
    code.load(RDI, Address.at(RBX, LinearCall.CODES));
    code.load(RDX, Address.at(RSP, LinearFrame.RESULT));
    code.load(R14, Address.at(RBX, LinearCall.PANEL_BYTES));
    code.mov(R8, R15);
    code.load(R9, Address.at(RSP, LinearFrame.BIAS));
    tiles(code, LinearFrame.TALL_TILES, LinearFrame.TALL_CODE);
    tiles(code, LinearFrame.SHORT_TILES, LinearFrame.SHORT_CODE);
    code.add(R12, Address.at(RBX, LinearCall.PANEL_BYTES));
    code.load(RAX, Address.at(RSP, LinearFrame.RESULT));
    code.add(RAX, RESULTS);
    code.store(Address.at(RSP, LinearFrame.RESULT), RAX);
    addUnlessNone(code, R15, RESULTS);
    code.load(RAX, Address.at(RSP, LinearFrame.BIAS));
    addUnlessNone(code, RAX, RESULTS);
    code.store(Address.at(RSP, LinearFrame.BIAS), RAX);
    code.sub(R13, 1);
    code.jump(Condition.NOT_EQUAL, panel);
    code.add(RSP, LinearFrame.BYTES);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    code.vzeroupper();
    code.ret();
    return start;
  }

  private static void takeArguments(X64Assembler code) {
    code.mov(RBX, RDI);
    code.store(Address.at(RSP, LinearFrame.TALL_TILES), RCX);
    code.store(Address.at(RSP, LinearFrame.SHORT_TILES), R8);
    code.load(RAX, Address.at(RBX, R9, 8, LinearCall.TILES));
    code.store(Address.at(RSP, LinearFrame.TALL_CODE), RAX);
    code.load(RAX, Address.at(RBX, R9, 8, LinearCall.TILES - 8));
    code.store(Address.at(RSP, LinearFrame.SHORT_CODE), RAX);
    code.mov(R13, RDX);
    code.mov(R12, RSI);
    code.imul(R12, Address.at(RBX, LinearCall.PANEL_BYTES));
    code.add(R12, Address.at(RBX, LinearCall.PANELS));
    code.shl(RSI, Integer.numberOfTrailingZeros(RESULTS));
    code.load(RAX, Address.at(RBX, LinearCall.RESULT));
    code.add(RAX, RSI);
    code.store(Address.at(RSP, LinearFrame.RESULT), RAX);
    code.load(R15, Address.at(RBX, LinearCall.RESIDUAL));
    addUnlessNone(code, R15, RSI);
    code.load(RAX, Address.at(RBX, LinearCall.BIAS));
    addUnlessNone(code, RAX, RSI);
    code.store(Address.at(RSP, LinearFrame.BIAS), RAX);
  }

  private static void addUnlessNone(X64Assembler code, Gpr address, Gpr bytes) {
    Label none = code.label();
    code.test(address, address);
    code.jump(Condition.EQUAL, none);
    code.add(address, bytes);
    code.bind(none);
  }

  private static void addUnlessNone(X64Assembler code, Gpr address, int bytes) {
    Label none = code.label();
    code.test(address, address);
    code.jump(Condition.EQUAL, none);
    code.add(address, bytes);
    code.bind(none);
  }

  private static void tiles(X64Assembler code, int count, int tile) {
    Label done = code.label();
    code.load(RAX, Address.at(RSP, count));
    code.test(RAX, RAX);
    code.jump(Condition.EQUAL, done);
    Label again = code.here();
    code.store(Address.at(RSP, LinearFrame.COUNTER), RAX);
    code.call(Address.at(RSP, tile));
    code.load(RAX, Address.at(RSP, LinearFrame.COUNTER));
    code.sub(RAX, 1);
    code.jump(Condition.NOT_EQUAL, again);
    code.bind(done);
  }
}
