package io.picaflor.reference;

import io.picaflor.graph.Shape;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * The memory of one session for one {@link Program}: a segment for each slot. Made once, before the first run.
 *
 * <p>Belongs to one thread at a time.
 */
public final class Frame {
  private static final long ALIGNMENT = 64;

  private final Program program;
  private final MemorySegment[] segments;
  private final Kernels kernels;
  private final Workers workers;

  /**
   * Binds a program to memory.
   *
   * @param scratch memory for values between steps, at least {@link Program#scratchBytes()} bytes; may be shared by
   *     frames that run in turn
   * @param states the session's state by name, as {@link Program#states()} asks for
   * @param inputs where operands are allocated; they live as long as it does
   */
  public Frame(
      Program program, MemorySegment scratch, Map<String, MemorySegment> states, Arena inputs, Kernels kernels,
      Workers workers) {
    this.program = program;
    this.segments = new MemorySegment[program.storages().size()];
    this.kernels = kernels;
    this.workers = workers;
    for (Storage storage : program.storages()) {
      segments[storage.slot()] =
          switch (storage.origin()) {
            case Storage.Origin.Temporary _ -> scratch.asSlice(program.offset(storage), storage.bytes());
            case Storage.Origin.Input _ -> inputs.allocate(Math.max(1, storage.bytes()), ALIGNMENT);
            case Storage.Origin.State state -> states.get(state.name());
            case Storage.Origin.Constant _ -> program.constant(storage);
          };
    }
  }

  /** The memory of an operand of the signature, to be filled before {@link #run}. */
  public MemorySegment input(String name) {
    return segment(program.input(name));
  }

  /** The memory of a result of the signature; valid until the scratch memory is used again. */
  public MemorySegment output(String name) {
    return segment(program.output(name));
  }

  /** The shape of an operand of the signature. */
  public Shape inputShape(String name) {
    return program.input(name).shape();
  }

  /**
   * Runs all steps.
   *
   * @throws IllegalStateException if values ask for what is not there, such as a row beyond a table's end or a division
   *     by zero; names the operator. Scratch memory and states are then half written.
   */
  public void run() {
    for (Step step : program.steps()) {
      step.run(this);
    }
  }

  Program program() {
    return program;
  }

  MemorySegment segment(Value value) {
    return segments[value.slot()];
  }

  MemorySegment segment(Storage storage) {
    return segments[storage.slot()];
  }

  Kernels kernels() {
    return kernels;
  }

  Workers workers() {
    return workers;
  }
}
