package io.picaflor.codegen;

/**
 * The vector instructions that kernels use, as the fields of their VEX or EVEX encoding.
 *
 * <p>Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. Shifts by a number carry the digit that
 * stands in the place of a register.
 */
public enum SimdOp {
  VMOVUPS(0x0F, 0x00, 0x10, Tuple.FULL),
  VMOVAPS(0x0F, 0x00, 0x28, Tuple.FULL),
  VADDPS(0x0F, 0x00, 0x58, Tuple.FULL),
  VMULPS(0x0F, 0x00, 0x59, Tuple.FULL),
  VSUBPS(0x0F, 0x00, 0x5C, Tuple.FULL),
  VMINPS(0x0F, 0x00, 0x5D, Tuple.FULL),
  VDIVPS(0x0F, 0x00, 0x5E, Tuple.FULL),
  VMAXPS(0x0F, 0x00, 0x5F, Tuple.FULL),
  VSQRTPS(0x0F, 0x00, 0x51, Tuple.FULL),
  VFMADD132PS(0x38, 0x66, 0x98, Tuple.FULL),
  VFMADD213PS(0x38, 0x66, 0xA8, Tuple.FULL),
  VFMADD231PS(0x38, 0x66, 0xB8, Tuple.FULL),
  VCVTDQ2PS(0x0F, 0x00, 0x5B, Tuple.FULL),
  VCVTPS2DQ(0x0F, 0x66, 0x5B, Tuple.FULL),
  /** To a whole number by the mode in the immediate; its EVEX form is called {@code vrndscaleps}. */
  VROUNDPS(0x3A, 0x66, 0x08, Tuple.FULL),
  VCMPPS(0x0F, 0x00, 0xC2, Tuple.FULL),
  VSHUFPS(0x0F, 0x00, 0xC6, Tuple.FULL),
  VBROADCASTSS(0x38, 0x66, 0x18, Tuple.FOUR_BYTES),
  VMOVSS(0x0F, 0xF3, 0x10, Tuple.FOUR_BYTES),

  VPAND(0x0F, 0x66, 0xDB, Tuple.FULL),
  VPOR(0x0F, 0x66, 0xEB, Tuple.FULL),
  VPXOR(0x0F, 0x66, 0xEF, Tuple.FULL),
  VPADDD(0x0F, 0x66, 0xFE, Tuple.FULL),
  VPSUBD(0x0F, 0x66, 0xFA, Tuple.FULL),
  VPMULLD(0x38, 0x66, 0x40, Tuple.FULL),
  VPBROADCASTD(0x38, 0x66, 0x58, Tuple.FOUR_BYTES),
  /** Four products of u8 and s8 added to each 32-bit lane; with AVX512-VNNI, or its VEX form with AVX-VNNI. */
  VPDPBUSD(0x38, 0x66, 0x50, Tuple.FULL),
  VPMOVZXWD(0x38, 0x66, 0x33, Tuple.HALF),
  /** float16 to float32; its VEX form needs F16C. */
  VCVTPH2PS(0x38, 0x66, 0x13, Tuple.HALF),
  VPSLLD(0x0F, 0x66, 0x72, 6),
  VPSRLD(0x0F, 0x66, 0x72, 2),
  VPSRAD(0x0F, 0x66, 0x72, 4),

  // AVX and AVX2 only: no EVEX form, or one that takes other operands
  VPMADDWD(0x0F, 0x66, 0xF5, Tuple.VEX_ONLY),
  VPACKSSDW(0x0F, 0x66, 0x6B, Tuple.VEX_ONLY),
  VPACKUSWB(0x0F, 0x66, 0x67, Tuple.VEX_ONLY),
  VPUNPCKLDQ(0x0F, 0x66, 0x62, Tuple.VEX_ONLY),
  VBLENDVPS(0x3A, 0x66, 0x4A, Tuple.VEX_ONLY),
  VMASKMOVPS(0x38, 0x66, 0x2C, Tuple.VEX_ONLY),
  VMASKMOVPS_STORE(0x38, 0x66, 0x2E, Tuple.VEX_ONLY),
  VPERM2F128(0x3A, 0x66, 0x06, Tuple.VEX_ONLY),
  /** The register of 256 bits stands where others have their result. */
  VEXTRACTF128(0x3A, 0x66, 0x19, Tuple.VEX_ONLY),
  VMOVQ_STORE(0x0F, 0x66, 0xD6, Tuple.VEX_ONLY),
  VPSLLW(0x0F, 0x66, 0x71, 6),
  VPSRAW(0x0F, 0x66, 0x71, 4),
  VPSRLDQ(0x0F, 0x66, 0x73, 3),

  // AVX-512 only
  VPDPBUSD_EVEX(0x38, 0x66, 0x50, Tuple.EVEX_FULL),
  VPRORD(0x0F, 0x66, 0x72, Tuple.EVEX_FULL, 0),
  VSCALEFPS(0x38, 0x66, 0x2C, Tuple.EVEX_FULL),
  VBLENDMPS(0x38, 0x66, 0x65, Tuple.EVEX_FULL),
  VSHUFF32X4(0x3A, 0x66, 0x23, Tuple.EVEX_FULL),
  /** Writes a mask register. */
  VCMPPS_MASK(0x0F, 0x00, 0xC2, Tuple.EVEX_FULL),
  /** 32-bit numbers without sign to bytes, saturated. */
  VPMOVUSDB_STORE(0x38, 0xF3, 0x11, Tuple.EVEX_QUARTER);

  /** How many bytes of memory an instruction reads or writes: what EVEX counts short displacements in. */
  enum Tuple {
    FULL,
    HALF,
    FOUR_BYTES,
    VEX_ONLY,
    EVEX_FULL,
    EVEX_QUARTER;

    int bytes(int vectorBits) {
      return switch (this) {
        case FULL, EVEX_FULL -> vectorBits / 8;
        case HALF -> vectorBits / 16;
        case EVEX_QUARTER -> vectorBits / 32;
        case FOUR_BYTES -> 4;
        case VEX_ONLY -> 1;
      };
    }
  }

  /** 1 for the opcode map 0F, 2 for 0F38, 3 for 0F3A. */
  final int map;
  /** 0 for no prefix, 1 for 66, 2 for F3. */
  final int prefix;
  final int opcode;
  final Tuple tuple;
  /** What a shift by a number has in the place of a register, or -1. */
  final int digit;

  SimdOp(int map, int prefix, int opcode, Tuple tuple, int digit) {
    this.map = map == 0x0F ? 1 : map == 0x38 ? 2 : 3;
    this.prefix = prefix == 0x66 ? 1 : prefix == 0xF3 ? 2 : 0;
    this.opcode = opcode;
    this.tuple = tuple;
    this.digit = digit;
  }

  SimdOp(int map, int prefix, int opcode, Tuple tuple) {
    this(map, prefix, opcode, tuple, -1);
  }

  SimdOp(int map, int prefix, int opcode, int digit) {
    this(map, prefix, opcode, Tuple.FULL, digit);
  }

  boolean evexOnly() {
    return tuple == Tuple.EVEX_FULL || tuple == Tuple.EVEX_QUARTER;
  }

  boolean vexOnly() {
    return tuple == Tuple.VEX_ONLY;
  }
}
