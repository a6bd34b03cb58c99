package io.picaflor.codegen;

import static io.picaflor.codegen.Gpr.*;
import static io.picaflor.codegen.Simd.xmm;
import static io.picaflor.codegen.Simd.ymm;
import static io.picaflor.codegen.Simd.zmm;
import static io.picaflor.codegen.SimdOp.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Encodings against a disassembler: each instruction stands here in the words of objdump, whose reading of our bytes is checked where
 * it is installed; the bytes that it read so are stored and checked everywhere.
 */
class X64AssemblerTest {
  private static final String STORED = "x64-encodings.txt";

  /** What we write, by how objdump reads it. */
  private static Map<String, Consumer<X64Assembler>> samples() {
    Map<String, Consumer<X64Assembler>> samples = new LinkedHashMap<>();
    integers(samples);
    addresses(samples);
    vectors(samples);
    wideVectors(samples);
    return samples;
  }

  private static void integers(Map<String, Consumer<X64Assembler>> s) {
    s.put("mov rax,rdi", a -> a.mov(RAX, RDI));
    s.put("mov r12,r9", a -> a.mov(R12, R9));
    s.put("mov r10d,0x80000000", a -> a.mov(R10, 0x8000_0000L));
    s.put("mov ecx,0x0", a -> a.mov(RCX, 0));
    s.put("movabs r15,0xffffffffffffffff", a -> a.mov(R15, -1));
    s.put("movabs rdx,0x123456789a", a -> a.mov(RDX, 0x123456789aL));
    s.put("mov DWORD PTR [r8+0x4],ebx", a -> a.store32(Address.at(R8, 4), RBX));
    s.put("mov DWORD PTR [rax],r9d", a -> a.store32(Address.at(RAX, 0), R9));
    s.put("mov WORD PTR [rdx+r9*1],ax", a -> a.store16(Address.at(RDX, R9, 1, 0), RAX));
    s.put("mov WORD PTR [r10+0x2],r11w", a -> a.store16(Address.at(R10, 2), R11));
    s.put("mov eax,DWORD PTR [rsi+0x4]", a -> a.load32(RAX, Address.at(RSI, 4)));
    s.put("mov r9d,DWORD PTR [r12+rdi*4]", a -> a.load32(R9, Address.at(R12, RDI, 4, 0)));
    s.put("movzx r9d,WORD PTR [rsi+rdi*2]", a -> a.load16(R9, Address.at(RSI, RDI, 2, 0)));
    s.put("and rax,0x1", a -> a.and(RAX, 1));
    s.put("and r9,0x7fffffff", a -> a.and(R9, 0x7fffffff));
    s.put("add r13,rbp", a -> a.add(R13, RBP));
    s.put("add rsi,0x100", a -> a.add(RSI, 256));
    s.put("add r14,0x7f", a -> a.add(R14, 127));
    s.put("add rax,0xffffffffffffff80", a -> a.add(RAX, -128));
    s.put("add rax,QWORD PTR [rbx+0x8]", a -> a.add(RAX, Address.at(RBX, 8)));
    s.put("sub r9,r10", a -> a.sub(R9, R10));
    s.put("sub rsp,0x48", a -> a.sub(RSP, 72));
    s.put("imul rax,QWORD PTR [rbx+0x8],0x6", a -> a.imul(RAX, Address.at(RBX, 8), 6));
    s.put("imul r11,QWORD PTR [rdi+0x10]", a -> a.imul(R11, Address.at(RDI, 16)));
    s.put("cmp r10,r11", a -> a.cmp(R10, R11));
    s.put("cmp r12,QWORD PTR [rbx+0x80]", a -> a.cmp(R12, Address.at(RBX, 128)));
    s.put("cmp rcx,0x1", a -> a.cmp(RCX, 1));
    s.put("test r8,r8", a -> a.test(R8, R8));
    s.put("shl rdx,0x20", a -> a.shl(RDX, 32));
    s.put("shr r9,0x2", a -> a.shr(R9, 2));
    s.put("push rbx", a -> a.push(RBX));
    s.put("push r15", a -> a.push(R15));
    s.put("pop rbp", a -> a.pop(RBP));
    s.put("pop r12", a -> a.pop(R12));
    s.put("call QWORD PTR [rsp+0x10]", a -> a.call(Address.at(RSP, 16)));
    s.put("call QWORD PTR [rbx+r9*8+0xc0]", a -> a.call(Address.at(RBX, R9, 8, 192)));
    s.put("ret", X64Assembler::ret);
    s.put("cpuid", X64Assembler::cpuid);
    s.put("xgetbv", X64Assembler::xgetbv);
    s.put("vzeroupper", X64Assembler::vzeroupper);
    s.put("prefetcht0 BYTE PTR [rsi+0x1000]", a -> a.prefetch(Address.at(RSI, 4096)));
    s.put("prefetcht0 BYTE PTR [r10+0x40]", a -> a.prefetch(Address.at(R10, 64)));
    s.put("prefetcht1 BYTE PTR [rsi+r14*1+0x400]", a -> a.prefetchFar(Address.at(RSI, R14, 1, 1024)));
  }

  private static void addresses(Map<String, Consumer<X64Assembler>> s) {
    s.put("mov rax,QWORD PTR [rsp]", a -> a.load(RAX, Address.at(RSP, 0)));
    s.put("mov r9,QWORD PTR [r12+0x8]", a -> a.load(R9, Address.at(R12, 8)));
    s.put("mov rbp,QWORD PTR [rbp+0x0]", a -> a.load(RBP, Address.at(RBP, 0)));
    s.put("mov rax,QWORD PTR [r13+0x0]", a -> a.load(RAX, Address.at(R13, 0)));
    s.put("mov QWORD PTR [rsp+0x20],rcx", a -> a.store(Address.at(RSP, 32), RCX));
    s.put("lea r11,[rdi+rax*2]", a -> a.lea(R11, Address.at(RDI, RAX, 2, 0)));
    s.put("lea r11,[r10+r14*8-0x80]", a -> a.lea(R11, Address.at(R10, R14, 8, -128)));
    s.put("lea rax,[r13+rax*4+0x0]", a -> a.lea(RAX, Address.at(R13, RAX, 4, 0)));
    s.put("lea rdx,[rdx+0x12345]", a -> a.lea(RDX, Address.at(RDX, 0x12345)));
  }

  private static void vectors(Map<String, Consumer<X64Assembler>> s) {
    s.put("vmovups ymm9,YMMWORD PTR [r12+0x20]", a -> a.load(VMOVUPS, ymm(9), Address.at(R12, 32)));
    s.put("vmovups YMMWORD PTR [rdx+rax*1+0x40],ymm3", a -> a.store(Address.at(RDX, RAX, 1, 64), ymm(3)));
    s.put("vmovups XMMWORD PTR [rsi],xmm12", a -> a.store(Address.at(RSI, 0), xmm(12)));
    s.put("vmovss DWORD PTR [r8+0x4],xmm1", a -> a.storeLane(Address.at(R8, 4), ymm(1)));
    s.put("vaddps ymm1,ymm2,ymm15", a -> a.binary(VADDPS, ymm(1), ymm(2), ymm(15)));
    s.put("vmulps ymm8,ymm9,YMMWORD PTR [rsi+0x100]",
        a -> a.binary(VMULPS, ymm(8), ymm(9), Address.at(RSI, 256)));
    s.put("vsubps xmm0,xmm7,xmm8", a -> a.binary(VSUBPS, xmm(0), xmm(7), xmm(8)));
    s.put("vminps ymm0,ymm1,ymm2", a -> a.binary(VMINPS, ymm(0), ymm(1), ymm(2)));
    s.put("vmaxps ymm0,ymm1,ymm2", a -> a.binary(VMAXPS, ymm(0), ymm(1), ymm(2)));
    s.put("vdivps ymm0,ymm1,ymm2", a -> a.binary(VDIVPS, ymm(0), ymm(1), ymm(2)));
    s.put("vsqrtps ymm10,ymm11", a -> a.unary(VSQRTPS, ymm(10), ymm(11)));
    s.put("vfmadd132ps ymm0,ymm1,ymm2", a -> a.binary(VFMADD132PS, ymm(0), ymm(1), ymm(2)));
    s.put("vfmadd213ps ymm0,ymm1,ymm2", a -> a.binary(VFMADD213PS, ymm(0), ymm(1), ymm(2)));
    s.put("vfmadd231ps ymm0,ymm1,YMMWORD PTR [rax]", a -> a.binary(VFMADD231PS, ymm(0), ymm(1), Address.at(RAX, 0)));
    s.put("vcvtdq2ps ymm5,ymm6", a -> a.unary(VCVTDQ2PS, ymm(5), ymm(6)));
    s.put("vcvtps2dq ymm5,ymm13", a -> a.unary(VCVTPS2DQ, ymm(5), ymm(13)));
    s.put("vroundps ymm5,ymm6,0x8", a -> a.unary(VROUNDPS, ymm(5), ymm(6), 8));
    s.put("vcmpgt_oqps ymm0,ymm1,ymm2", a -> a.binary(VCMPPS, ymm(0), ymm(1), ymm(2), 0x1e));
    s.put("vshufps ymm0,ymm1,ymm2,0x4e", a -> a.binary(VSHUFPS, ymm(0), ymm(1), ymm(2), 0x4e));
    s.put("vbroadcastss ymm7,DWORD PTR [r9+0x4]", a -> a.load(VBROADCASTSS, ymm(7), Address.at(R9, 4)));
    s.put("vbroadcastss ymm7,xmm3", a -> a.unary(VBROADCASTSS, ymm(7), xmm(3)));
    s.put("vpand ymm0,ymm1,ymm2", a -> a.binary(VPAND, ymm(0), ymm(1), ymm(2)));
    s.put("vpor ymm0,ymm1,ymm2", a -> a.binary(VPOR, ymm(0), ymm(1), ymm(2)));
    s.put("vpxor ymm0,ymm1,ymm2", a -> a.binary(VPXOR, ymm(0), ymm(1), ymm(2)));
    s.put("vpaddd ymm0,ymm1,ymm2", a -> a.binary(VPADDD, ymm(0), ymm(1), ymm(2)));
    s.put("vpsubd ymm0,ymm1,ymm2", a -> a.binary(VPSUBD, ymm(0), ymm(1), ymm(2)));
    s.put("vpmulld ymm0,ymm1,YMMWORD PTR [rsi+0x20]", a -> a.binary(VPMULLD, ymm(0), ymm(1), Address.at(RSI, 32)));
    s.put("vpbroadcastd ymm14,DWORD PTR [r10+rax*2]",
        a -> a.load(VPBROADCASTD, ymm(14), Address.at(R10, RAX, 2, 0)));
    s.put("{vex} vpdpbusd ymm11,ymm14,ymm12", a -> a.binary(VPDPBUSD, ymm(11), ymm(14), ymm(12)));
    s.put("{vex} vpdpbusd ymm1,ymm14,YMMWORD PTR [rsi+0x40]",
        a -> a.binary(VPDPBUSD, ymm(1), ymm(14), Address.at(RSI, 64)));
    s.put("vpmovzxwd ymm0,XMMWORD PTR [rsi+0x410]", a -> a.load(VPMOVZXWD, ymm(0), Address.at(RSI, 0x410)));
    s.put("vcvtph2ps ymm3,XMMWORD PTR [rsi+0x10]", a -> a.load(VCVTPH2PS, ymm(3), Address.at(RSI, 16)));
    s.put("vpslld ymm1,ymm9,0x10", a -> a.shift(VPSLLD, ymm(1), ymm(9), 16));
    s.put("vpsrld ymm1,ymm9,0x4", a -> a.shift(VPSRLD, ymm(1), ymm(9), 4));
    s.put("vpsrad ymm12,ymm2,0x4", a -> a.shift(VPSRAD, ymm(12), ymm(2), 4));
    s.put("vpsllw ymm12,ymm2,0x8", a -> a.shift(VPSLLW, ymm(12), ymm(2), 8));
    s.put("vpsraw ymm12,ymm12,0x8", a -> a.shift(VPSRAW, ymm(12), ymm(12), 8));
    s.put("vpsrldq ymm1,ymm2,0x8", a -> a.shift(VPSRLDQ, ymm(1), ymm(2), 8));
    s.put("vpmaddwd ymm15,ymm14,ymm12", a -> a.binary(VPMADDWD, ymm(15), ymm(14), ymm(12)));
    s.put("vpackssdw ymm1,ymm2,ymm3", a -> a.binary(VPACKSSDW, ymm(1), ymm(2), ymm(3)));
    s.put("vpackuswb ymm1,ymm2,ymm3", a -> a.binary(VPACKUSWB, ymm(1), ymm(2), ymm(3)));
    s.put("vpunpckldq xmm1,xmm2,xmm3", a -> a.binary(VPUNPCKLDQ, xmm(1), xmm(2), xmm(3)));
    s.put("vblendvps ymm1,ymm2,ymm3,ymm12", a -> a.blend(ymm(1), ymm(2), ymm(3), ymm(12)));
    s.put("vmaskmovps ymm1,ymm2,YMMWORD PTR [rdx]", a -> a.binary(VMASKMOVPS, ymm(1), ymm(2), Address.at(RDX, 0)));
    s.put("vmaskmovps YMMWORD PTR [rdx+0x20],ymm2,ymm9",
        a -> a.store(VMASKMOVPS_STORE, Address.at(RDX, 32), ymm(2), ymm(9)));
    s.put("vperm2f128 ymm1,ymm2,ymm3,0x1", a -> a.binary(VPERM2F128, ymm(1), ymm(2), ymm(3), 1));
    s.put("vextractf128 xmm4,ymm11,0x1", a -> a.extractHigh(xmm(4), ymm(11)));
    s.put("vmovq QWORD PTR [r8],xmm2", a -> a.store(VMOVQ_STORE, Address.at(R8, 0), xmm(2)));
    s.put("kmovw k2,WORD PTR [rbx+0x8a]", a -> a.kmovw(2, Address.at(RBX, 138)));
  }

  private static void wideVectors(Map<String, Consumer<X64Assembler>> s) {
    s.put("vmovups zmm24,ZMMWORD PTR [rsi+0x40]", a -> a.load(VMOVUPS, zmm(24), Address.at(RSI, 64)));
    s.put("vmovups zmm9,ZMMWORD PTR [rsi+0x2000]", a -> a.load(VMOVUPS, zmm(9), Address.at(RSI, 8192)));
    s.put("vmovups zmm1{k1}{z},ZMMWORD PTR [r8+rax*1+0x41]",
        a -> a.loadMasked(VMOVUPS, zmm(1), 1, Address.at(R8, RAX, 1, 65)));
    s.put("vmovups ZMMWORD PTR [rdx+0xc0]{k4},zmm31", a -> a.storeMasked(Address.at(RDX, 192), 4, zmm(31)));
    s.put("vmovups ZMMWORD PTR [r13+0x0],zmm17", a -> a.store(Address.at(R13, 0), zmm(17)));
    s.put("vmovups ymm17,YMMWORD PTR [rsi+0x20]", a -> a.load(VMOVUPS, ymm(17), Address.at(RSI, 32)));
    s.put("vmovss DWORD PTR [rdi+0x8],xmm20", a -> a.storeLane(Address.at(RDI, 8), zmm(20)));
    s.put("vmovaps zmm9,zmm18", a -> a.move(zmm(9), zmm(18)));
    s.put("vmovaps ymm9,ymm3", a -> a.move(ymm(9), ymm(3)));
    s.put("vaddps zmm1,zmm18,zmm31", a -> a.binary(VADDPS, zmm(1), zmm(18), zmm(31)));
    s.put("vaddps zmm1{k1},zmm1,zmm9", a -> a.binaryMasked(VADDPS, zmm(1), 1, zmm(1), zmm(9)));
    s.put("vmulps zmm8,zmm9,DWORD BCST [rcx+0x4]",
        a -> a.binaryBroadcast(VMULPS, zmm(8), zmm(9), Address.at(RCX, 4)));
    s.put("vdivps zmm16,zmm17,ZMMWORD PTR [rcx+0x4]", a -> a.binary(VDIVPS, zmm(16), zmm(17), Address.at(RCX, 4)));
    s.put("vfmadd213ps zmm20,zmm21,zmm22", a -> a.binary(VFMADD213PS, zmm(20), zmm(21), zmm(22)));
    s.put("vfmadd231ps zmm0,zmm1,DWORD BCST [r10+r14*8+0x8]",
        a -> a.binaryBroadcast(VFMADD231PS, zmm(0), zmm(1), Address.at(R10, R14, 8, 8)));
    s.put("vcvtdq2ps zmm30,zmm3", a -> a.unary(VCVTDQ2PS, zmm(30), zmm(3)));
    s.put("vcvtps2dq zmm3,zmm30", a -> a.unary(VCVTPS2DQ, zmm(3), zmm(30)));
    s.put("vrndscaleps zmm5,zmm26,0x8", a -> a.unary(VROUNDPS, zmm(5), zmm(26), 8));
    s.put("vscalefps zmm5,zmm6,zmm27", a -> a.binary(VSCALEFPS, zmm(5), zmm(6), zmm(27)));
    s.put("vsqrtps zmm5,zmm6", a -> a.unary(VSQRTPS, zmm(5), zmm(6)));
    s.put("vbroadcastss zmm27,DWORD PTR [rax+0x1fc]", a -> a.load(VBROADCASTSS, zmm(27), Address.at(RAX, 508)));
    s.put("vbroadcastss zmm27,xmm19", a -> a.unary(VBROADCASTSS, zmm(27), xmm(19)));
    s.put("vpbroadcastd zmm28,DWORD PTR [r10+rax*2+0x4]",
        a -> a.load(VPBROADCASTD, zmm(28), Address.at(R10, RAX, 2, 4)));
    s.put("vpbroadcastd zmm28,DWORD PTR [r10+0x1c]", a -> a.load(VPBROADCASTD, zmm(28), Address.at(R10, 28)));
    s.put("vpdpbusd zmm11,zmm28,zmm24", a -> a.binary(VPDPBUSD, zmm(11), zmm(28), zmm(24)));
    s.put("vpdpbusd zmm11,zmm28,ZMMWORD PTR [rsi+0x7c0]",
        a -> a.binary(VPDPBUSD, zmm(11), zmm(28), Address.at(RSI, 0x7c0)));
    s.put("vpdpbusd ymm1,ymm2,ymm3", a -> a.binary(VPDPBUSD_EVEX, ymm(1), ymm(2), ymm(3)));
    s.put("vpmulld zmm3,zmm24,DWORD BCST [rcx+0x28]",
        a -> a.binaryBroadcast(VPMULLD, zmm(3), zmm(24), Address.at(RCX, 40)));
    s.put("vpandd zmm24,zmm31,ZMMWORD PTR [rsi+0x80]", a -> a.binary(VPAND, zmm(24), zmm(31), Address.at(RSI, 128)));
    s.put("vpord zmm1,zmm2,zmm3", a -> a.binary(VPOR, zmm(1), zmm(2), zmm(3)));
    s.put("vpxord zmm7,zmm7,zmm7", a -> a.binary(VPXOR, zmm(7), zmm(7), zmm(7)));
    s.put("vpaddd zmm0,zmm0,zmm4", a -> a.binary(VPADDD, zmm(0), zmm(0), zmm(4)));
    s.put("vpsubd zmm0,zmm0,zmm4", a -> a.binary(VPSUBD, zmm(0), zmm(0), zmm(4)));
    s.put("vpslld zmm24,zmm25,0x4", a -> a.shift(VPSLLD, zmm(24), zmm(25), 4));
    s.put("vpsrad zmm24,zmm2,0x4", a -> a.shift(VPSRAD, zmm(24), zmm(2), 4));
    s.put("vprord zmm24,zmm2,0xd", a -> a.shift(VPRORD, zmm(24), zmm(2), 13));
    s.put("vpmovzxwd zmm24,YMMWORD PTR [rsi+0x420]", a -> a.load(VPMOVZXWD, zmm(24), Address.at(RSI, 0x420)));
    s.put("vpmovzxwd zmm2{k1}{z},YMMWORD PTR [rsi]", a -> a.loadMasked(VPMOVZXWD, zmm(2), 1, Address.at(RSI, 0)));
    s.put("vcvtph2ps zmm25,YMMWORD PTR [rsi+0x60]", a -> a.load(VCVTPH2PS, zmm(25), Address.at(RSI, 0x60)));
    s.put("vpmovusdb XMMWORD PTR [rsi+0x10],zmm11", a -> a.store(VPMOVUSDB_STORE, Address.at(RSI, 16), zmm(11)));
    s.put("vblendmps zmm5{k1},zmm6,zmm7", a -> a.binaryMasked(VBLENDMPS, zmm(5), 1, zmm(6), zmm(7)));
    s.put("vcmpgt_oqps k1,zmm7,zmm23", a -> a.compare(1, zmm(7), zmm(23), 0x1e));
    s.put("vshuff32x4 zmm4,zmm0,zmm0,0x4e", a -> a.binary(VSHUFF32X4, zmm(4), zmm(0), zmm(0), 0x4e));
    s.put("vshufps zmm4,zmm0,zmm0,0xb1", a -> a.binary(VSHUFPS, zmm(4), zmm(0), zmm(0), 0xb1));
  }

  @Test
  void everyInstructionHasTheBytesThatWereChecked() throws IOException {
    Map<String, String> stored = stored();
    StringBuilder written = new StringBuilder();
    samples().forEach((text, sample) -> written.append(text).append(" = ").append(hex(sample)).append('\n'));
    String expected = stored.entrySet().stream().map(e -> e.getKey() + " = " + e.getValue() + "\n")
        .collect(Collectors.joining());
    assertEquals(expected, written.toString());
  }

  @Test
  void theDisassemblerReadsWhatWasMeant(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "objdump is not installed");
    X64Assembler all = new X64Assembler();
    Map<String, Consumer<X64Assembler>> samples = samples();
    samples.values().forEach(sample -> sample.accept(all));
    assertEquals(List.copyOf(samples.keySet()), disassemble(folder, all));
  }

  @Test
  void jumpsLandAtTheirLabels(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "objdump is not installed");
    X64Assembler a = new X64Assembler();
    var end = a.label();
    var start = a.here();
    a.jump(X64Assembler.Condition.EQUAL, end);
    a.call(start);
    a.jump(X64Assembler.Condition.BELOW, start);
    a.bind(end);
    a.jmp(start);
    a.jump(X64Assembler.Condition.NOT_EQUAL, end);
    assertEquals(List.of("je 0x11", "call 0x0", "jb 0x0", "jmp 0x0", "jne 0x11"), disassemble(folder, a));
  }

  @Test
  void aLabelThatIsNeverBoundIsAnError() {
    X64Assembler a = new X64Assembler();
    assertThrows(IllegalStateException.class, a.label()::position);
  }

  @Test
  void anOperandThatHasNoEncodingIsRefused() {
    X64Assembler a = new X64Assembler();
    assertThrows(IllegalArgumentException.class, () -> a.binary(VPMADDWD, zmm(0), zmm(1), zmm(2)));
    assertThrows(IllegalArgumentException.class, () -> a.binary(VMASKMOVPS, ymm(16), ymm(1), Address.at(RAX, 0)));
    assertThrows(IllegalArgumentException.class, () -> Address.at(RAX, RSP, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> zmm(32));
  }

  private static String hex(Consumer<X64Assembler> sample) {
    X64Assembler a = new X64Assembler();
    sample.accept(a);
    return HexFormat.of().formatHex(a.toByteArray());
  }

  private static Map<String, String> stored() throws IOException {
    Map<String, String> result = new LinkedHashMap<>();
    try (InputStream in = Objects.requireNonNull(X64AssemblerTest.class.getResourceAsStream(STORED), STORED)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        int equals = line.lastIndexOf(" = ");
        result.put(line.substring(0, equals), line.substring(equals + 3));
      }
    }
    return result;
  }

  private static List<String> disassemble(Path folder, X64Assembler code) throws Exception {
    Path file = folder.resolve("code.bin");
    Files.write(file, code.toByteArray());
    Process process = new ProcessBuilder("/usr/bin/objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
        "--no-show-raw-insn", file.toString()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    List<String> lines = new ArrayList<>();
    Arrays.stream(output.split("\n")).filter(line -> line.matches(" *[0-9a-f]+:\t.*"))
        .forEach(line -> lines.add(line.substring(line.indexOf('\t') + 1).replaceAll("\\s+", " ").strip()));
    assertTrue(!lines.isEmpty(), output);
    return lines;
  }
}
