package io.picaflor.kernels;

import static io.picaflor.codegen.Gpr.R10;
import static io.picaflor.codegen.Gpr.R11;
import static io.picaflor.codegen.Gpr.RAX;
import static io.picaflor.codegen.Gpr.RBX;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.X64Assembler;

/** How machine code addresses up to six rows of any stride: two pointers, three rows apart, and the stride in a register. */
final class TileRows {
  private TileRows() {}

  /** R10 and R11 become the first and fourth row that begins at a register, RAX the stride, which stands in the call at RBX. */
  static void point(X64Assembler code, int rows, Gpr first, int strideOffset) {
    code.load(RAX, Address.at(RBX, strideOffset));
    code.mov(R10, first);
    if (rows > 3) {
      code.lea(R11, Address.at(R10, RAX, 2, 0));
      code.add(R11, RAX);
    }
  }

  /** So many bytes into a row. */
  static Address row(int row, int bytes) {
    Gpr base = row < 3 ? R10 : R11;
    int steps = row % 3;
    return steps == 0 ? Address.at(base, bytes) : Address.at(base, RAX, steps, bytes);
  }
}
