package io.picaflor.kernels;

import io.picaflor.codegen.CodeBuffer.Label;
import io.picaflor.codegen.ExecutableMemory;
import io.picaflor.codegen.VectorProgram;
import io.picaflor.codegen.X64Assembler;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The machine code of one level, each piece written when an operator first needs it.
 *
 * <p>Code knows no shapes: a model needs as much of it as it has kinds of operators. Thread rule: safe for many threads.
 */
final class JitCode {

  /**
   * The code of linear operators on one form of weights.
   *
   * @param driver see {@link LinearDriver}
   * @param tiles addresses of the code for tiles of 1, 2 .. rows
   */
  record Linear(MemorySegment driver, long[] tiles) {
    int mostRows() {
      return tiles.length;
    }
  }

  private final JitLevel level;
  private final ExecutableMemory memory;
  private final Function<X64Assembler, LinearDots> dots;
  /** To ask which registers there are. */
  private final LinearDots registers;
  private final Map<PanelForm, Linear> ofOneRow = new EnumMap<>(PanelForm.class);
  private final Map<PanelForm, Linear> ofManyRows = new EnumMap<>(PanelForm.class);
  /** For each precision, for all left numbers or but zeros, for a tail and for passes of 16, 32, 48 and 64 columns. */
  private final MemorySegment[][][] ofFloats = new MemorySegment[2 * KvLayout.Precision.values().length][5][];
  private final MemorySegment[] ofAppends = new MemorySegment[KvLayout.Precision.values().length];
  private MemorySegment sha256; // null until something is hashed
  private final Map<Object, MemorySegment> programs = new HashMap<>();

  JitCode(JitLevel level, ExecutableMemory memory) {
    this(level, memory, level::dots);
  }

  /** With dot products of another kind than the level's. */
  JitCode(JitLevel level, ExecutableMemory memory, Function<X64Assembler, LinearDots> dots) {
    this.level = level;
    this.memory = memory;
    this.dots = dots;
    registers = dots.apply(new X64Assembler());
  }

  JitLevel level() {
    return level;
  }

  /** Code for operators that are never run on more than one row, or for all. */
  synchronized Linear linear(PanelForm form, boolean oneRow) {
    Linear one = ofOneRow.computeIfAbsent(form, this::writeOneRow);
    return oneRow ? one : ofManyRows.computeIfAbsent(form, _ -> writeManyRows(form, one));
  }

  private Linear writeOneRow(PanelForm form) {
    X64Assembler code = new X64Assembler();
    Label driver = LinearDriver.write(code);
    Label tile = new LinearTile(code, dots.apply(code), form, 1).write();
    long address = memory.add(code);
    return new Linear(MemorySegment.ofAddress(address + driver.position()), new long[] {address + tile.position()});
  }

  private Linear writeManyRows(PanelForm form, Linear one) {
    X64Assembler code = new X64Assembler();
    Label[] labels = new Label[dots.apply(code).mostRows(form)];
    for (int rows = 2; rows <= labels.length; rows++) {
      labels[rows - 1] = new LinearTile(code, dots.apply(code), form, rows).write();
    }
    long address = memory.add(code);
    long[] tiles = new long[labels.length];
    tiles[0] = one.tiles[0];
    for (int i = 1; i < tiles.length; i++) {
      tiles[i] = address + labels[i].position();
    }
    return new Linear(one.driver, tiles);
  }

  /** How many columns a {@link FloatTile} computes at a time, where there are so many. */
  int columnsOfPass(int columns) {
    return FloatTile.columnsOfPass(registers, columns);
  }

  /**
   * Code for products of float32, for tiles of 1, 2 .. rows.
   *
   * @param columns a multiple of 16, or 0 for a tail
   * @param sparse see {@link FloatTile}
   */
  synchronized MemorySegment[] floatTiles(KvLayout.Precision precision, int columns, boolean sparse) {
    int pass = columns == 0 ? 0 : columnsOfPass(columns);
    MemorySegment[][] known = ofFloats[2 * precision.ordinal() + (sparse ? 1 : 0)];
    if (known[pass / 16] == null) {
      known[pass / 16] = writeFloatTiles(precision, pass, sparse);
    }
    return known[pass / 16];
  }

  private MemorySegment[] writeFloatTiles(KvLayout.Precision precision, int columnsOfPass, boolean sparse) {
    X64Assembler code = new X64Assembler();
    Label[] labels = new Label[FloatTile.MOST_ROWS];
    for (int rows = 1; rows <= labels.length; rows++) {
      labels[rows - 1] = new FloatTile(code, dots.apply(code), precision, rows, columnsOfPass, sparse).write();
    }
    long address = memory.add(code);
    MemorySegment[] tiles = new MemorySegment[labels.length];
    for (int i = 0; i < tiles.length; i++) {
      tiles[i] = MemorySegment.ofAddress(address + labels[i].position());
    }
    return tiles;
  }

  /** Code that stores a row of keys or values, see {@link AppendLoop}. */
  synchronized MemorySegment append(KvLayout.Precision precision) {
    MemorySegment known = ofAppends[precision.ordinal()];
    if (known == null) {
      X64Assembler code = new X64Assembler();
      Label entry = AppendLoop.write(code, precision);
      known = MemorySegment.ofAddress(memory.add(code) + entry.position());
      ofAppends[precision.ordinal()] = known;
    }
    return known;
  }

  /** Code that hashes, see {@link JitLevel#sha256}. */
  synchronized MemorySegment sha256() {
    if (sha256 == null) {
      X64Assembler code = new X64Assembler();
      Label entry = level.sha256(code);
      sha256 = MemorySegment.ofAddress(memory.add(code) + entry.position());
    }
    return sha256;
  }

  /**
   * A vector kernel.
   *
   * @param key which one; equal keys have equal programs. No record and no sum of strings: their first use costs the start
   *     milliseconds
   */
  synchronized MemorySegment program(Object key, Supplier<VectorProgram> program) {
    MemorySegment known = programs.get(key);
    if (known != null) {
      return known;
    }
    X64Assembler code = new X64Assembler();
    Label entry = level.compile(code, program.get());
    MemorySegment made = MemorySegment.ofAddress(memory.add(code) + entry.position());
    programs.put(key, made);
    return made;
  }
}
