package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a {@code .litertlm} file says about its graph's state and masks: which inputs and outputs are caches, along
 * which axis they grow, how wide the sliding window is (reference/FORMATS.md, 2.9). Immutable.
 *
 * @param maxHistorySize the most positions that a session may hold
 * @param stateBuffers the caches
 * @param masks how the graph's attention masks are to be filled
 */
public record ExecutorMetadata(OptionalInt maxHistorySize, List<StateBuffer> stateBuffers, Optional<Masks> masks) {
  private static final int MAX_NAME_BYTES = 1 << 12;
  private static final int MAX_BUFFERS = 1 << 14;

  /** What a cache holds; in the order of the file's numbers. */
  public enum StateKind {
    /** Not said, or newer than this reader. */
    UNSPECIFIED,
    /** Keys of all positions. */
    GLOBAL_KEY,
    /** Values of all positions. */
    GLOBAL_VALUE,
    /** Keys of a sliding window. */
    LOCAL_KEY,
    /** Values of a sliding window. */
    LOCAL_VALUE,
    /** State that has no positions. */
    LINEAR_ATTENTION
  }

  /** Which positions a query sees; in the order of the file's numbers. */
  public enum MaskKind {
    /** Not said, or newer than this reader. */
    UNSPECIFIED,
    /** Itself and all before it. */
    CAUSAL,
    /** All. */
    BIDIRECTIONAL,
    /** Itself and all before it, and the whole image that it is part of. */
    VISION_BIDIRECTIONAL
  }

  /**
   * One cache.
   *
   * @param prefillInput name of the input of the prefill signatures; this and the following names may be empty
   * @param prefillOutput name of their output
   * @param decodeInput name of the input of the decode signature
   * @param decodeOutput name of its output
   * @param kind what it holds
   * @param sequenceAxis the axis of positions
   * @param minimumSequenceLength the fewest positions along that axis
   * @param maximumSequenceLength the most positions along that axis
   */
  public record StateBuffer(
      String prefillInput,
      String prefillOutput,
      String decodeInput,
      String decodeOutput,
      StateKind kind,
      OptionalInt sequenceAxis,
      OptionalInt minimumSequenceLength,
      OptionalInt maximumSequenceLength) {}

  /**
   * How masks are filled.
   *
   * @param mask of global layers
   * @param localMask of sliding-window layers
   * @param slidingWindow how many positions a query of a sliding-window layer sees, itself included; at least 1
   */
  public record Masks(MaskKind mask, MaskKind localMask, OptionalInt slidingWindow) {}

  /** As the canonical constructor, with the list copied. */
  public ExecutorMetadata {
    stateBuffers = List.copyOf(stateBuffers);
  }

  static ExecutorMetadata read(Bytes bytes) throws ModelFormatException {
    var in = new ProtoReader(bytes);
    OptionalInt maxHistorySize = OptionalInt.empty();
    var buffers = new ArrayList<StateBuffer>();
    Optional<Masks> masks = Optional.empty();
    while (in.next()) {
      if (in.field() == 1) {
        ProtoReader llm = in.message("LLM executor metadata");
        while (llm.next()) {
          switch (llm.field()) {
            case 1 -> maxHistorySize = unlessZero(llm, "the largest history");
            case 2 -> addBuffer(llm, buffers);
            case 3 -> masks = Optional.of(masks(llm));
            default -> {} // of a newer version
          }
        }
      }
    }
    return new ExecutorMetadata(maxHistorySize, buffers, masks);
  }

  private static void addBuffer(ProtoReader in, List<StateBuffer> buffers) throws ModelFormatException {
    if (buffers.size() == MAX_BUFFERS) {
      throw in.broken("there should be at most " + MAX_BUFFERS + " state buffers, found more");
    }
    ProtoReader buffer = in.message("a state buffer");
    String[] names = {"", "", "", ""};
    int kind = 0;
    OptionalInt axis = OptionalInt.empty();
    OptionalInt minimum = OptionalInt.empty();
    OptionalInt maximum = OptionalInt.empty();
    while (buffer.next()) {
      switch (buffer.field()) {
        case 1, 2, 3, 4 -> names[buffer.field() - 1] = buffer.string("a state buffer's name", MAX_NAME_BYTES);
        case 6 -> kind = buffer.i32("a state buffer's type");
        case 7 -> axis = OptionalInt.of(axis(buffer));
        case 8 -> minimum = OptionalInt.of(notNegative(buffer, "the least sequence length"));
        case 9 -> maximum = OptionalInt.of(notNegative(buffer, "the largest sequence length"));
        default -> {} // the policy, of which there is one; a newer version
      }
    }
    buffers.add(new StateBuffer(names[0], names[1], names[2], names[3], pick(StateKind.values(), kind), axis, minimum,
        maximum));
  }

  private static Masks masks(ProtoReader in) throws ModelFormatException {
    ProtoReader settings = in.message("attention mask settings");
    int mask = 0;
    int localMask = 0;
    OptionalInt window = OptionalInt.empty();
    while (settings.next()) {
      switch (settings.field()) {
        case 1 -> mask = settings.i32("the mask's type");
        case 2 -> localMask = settings.i32("the local mask's type");
        case 3 -> window = unlessZero(settings, "the sliding window");
        default -> {} // of a newer version
      }
    }
    return new Masks(pick(MaskKind.values(), mask), pick(MaskKind.values(), localMask), window);
  }

  private static int axis(ProtoReader in) throws ModelFormatException {
    int axis = notNegative(in, "the sequence axis");
    if (axis > 7) {
      throw in.broken("the sequence axis should be 0 to 7, found " + axis);
    }
    return axis;
  }

  /** A 0 says as much as nothing: no bound, no window. */
  private static OptionalInt unlessZero(ProtoReader in, String what) throws ModelFormatException {
    int value = notNegative(in, what);
    return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private static int notNegative(ProtoReader in, String what) throws ModelFormatException {
    int value = in.i32(what);
    if (value < 0) {
      throw in.broken(what + " should not be negative, found " + value);
    }
    return value;
  }

  private static <T> T pick(T[] kinds, int number) {
    return number >= 0 && number < kinds.length ? kinds[number] : kinds[0];
  }
}
