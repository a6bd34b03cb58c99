package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The header of a {@code .litertlm} file as it is written, with no judgement of the sections' extents.
 *
 * @param entries the sections in the header's order
 * @param systemMetadata what the file says about itself
 */
record LiteRtLmHeader(List<Entry> entries, Map<String, String> systemMetadata) {
  static final int DEPRECATED = 2;
  static final int TFLITE_MODEL = 3;
  static final int SP_TOKENIZER = 4;
  static final int LLM_METADATA = 5;
  static final int HF_TOKENIZER_ZLIB = 6;
  static final int TFLITE_WEIGHTS = 7;
  static final int EMBEDDING_METADATA = 8;
  static final int EXECUTOR_METADATA = 9;

  static final String MODEL_TYPE = "model_type";
  static final String BACKEND_CONSTRAINT = "backend_constraint";

  private static final List<String> TYPE_NAMES = List.of("NONE", "GenericBinaryData", "Deprecated", "TFLiteModel",
      "SP_Tokenizer", "LlmMetadataProto", "HF_Tokenizer_Zlib", "TFLiteWeights", "EmbeddingMetadataProto",
      "ExecutorMetadataProto", "TtsMetadataProto", "AsrMetadataProto");

  private static final int MAX_SECTIONS = 1024;
  private static final int MAX_ITEMS = 256;
  private static final int MAX_STRING = 1 << 16;
  private static final int STRING_VALUE = 9;

  /**
   * One section.
   *
   * @param type its number in the file; any byte
   * @param begin its first byte in the file
   * @param end the byte behind its last
   * @param items what the file says about it, keys in lower case
   * @param headerOffset where this is written in the file's header, relative to the file's start
   */
  record Entry(int type, long begin, long end, Map<String, String> items, long headerOffset) {
    /** Which model it belongs to; the language model if nothing is said, as LiteRT-LM has it. */
    String modelType() {
      return items.getOrDefault(MODEL_TYPE, ModelRole.PREFILL_DECODE.modelType()).toLowerCase(Locale.ROOT);
    }

    boolean allowsCpu() {
      String constraint = items.getOrDefault(BACKEND_CONSTRAINT, "").strip().toLowerCase(Locale.ROOT);
      return constraint.isEmpty() || List.of(constraint.split("\\s*,\\s*")).contains("cpu");
    }

    boolean isUsed() {
      return type >= TFLITE_MODEL && type <= TFLITE_WEIGHTS || type == EXECUTOR_METADATA;
    }

    String typeName() {
      return type < TYPE_NAMES.size() ? TYPE_NAMES.get(type) : "type " + type;
    }

    /** What messages call it. */
    String title() {
      return typeName() + (items.containsKey(MODEL_TYPE) ? " " + items.get(MODEL_TYPE) : "");
    }

    Section toSection() {
      return new Section(items.getOrDefault(MODEL_TYPE, ""), typeName(), begin, Math.max(0, end - begin), items);
    }
  }

  static LiteRtLmHeader read(Bytes bytes) throws ModelFormatException {
    FlatTable root = FlatTable.root(bytes);
    FlatTable system = root.table(0);
    FlatTable sections = root.table(1);
    if (sections == null) {
      throw root.broken("the header should list sections, found none; the file is damaged");
    }
    FlatVector objects = sections.vector(0, 4);
    if (objects.size() > MAX_SECTIONS) {
      throw sections.broken("the header should list at most " + MAX_SECTIONS + " sections, found " + objects.size());
    }
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < objects.size(); i++) {
      FlatTable object = objects.table(i);
      entries.add(new Entry(object.u8(3, 0), object.u64(1, 0), object.u64(2, 0), items(object, 0, true),
          bytes.base() + object.position()));
    }
    Map<String, String> systemMetadata = system == null ? Map.of() : items(system, 0, false);
    return new LiteRtLmHeader(List.copyOf(entries), systemMetadata);
  }

  private static Map<String, String> items(FlatTable table, int field, boolean lowerCase)
      throws ModelFormatException {
    FlatVector pairs = table.vector(field, 4);
    if (pairs.size() > MAX_ITEMS) {
      throw table.broken("there should be at most " + MAX_ITEMS + " items, found " + pairs.size());
    }
    var items = new LinkedHashMap<String, String>();
    for (int i = 0; i < pairs.size(); i++) {
      FlatTable pair = pairs.table(i);
      String key = pair.string(0, MAX_STRING);
      if (key != null) {
        items.put(lowerCase ? key.toLowerCase(Locale.ROOT) : key, value(pair));
      }
    }
    return Collections.unmodifiableMap(items);
  }

  /** The value as text. Only strings have a meaning for loading; numbers are for display. */
  private static String value(FlatTable pair) throws ModelFormatException {
    int tag = pair.u8(1, 0);
    if (tag == STRING_VALUE) {
      FlatTable text = pair.table(2);
      String value = text == null ? null : text.string(0, MAX_STRING);
      return value == null ? "" : value;
    }
    try {
      FlatTable number = pair.table(2);
      return number == null ? "" : number(number, tag);
    } catch (ModelFormatException e) {
      return "(unreadable)"; // the files of mid-2025 hold the bare number where later ones hold a table
    }
  }

  private static String number(FlatTable table, int tag) throws ModelFormatException {
    return switch (tag) {
      case 1 -> Integer.toString(table.u8(0, 0));
      case 2 -> Integer.toString(table.i8(0, 0));
      case 3 -> Integer.toString(table.u16(0, 0));
      case 4 -> Integer.toString((short) table.u16(0, 0));
      case 5 -> Long.toString(table.u32(0, 0));
      case 6 -> Integer.toString(table.i32(0, 0));
      case 7 -> Float.toString(table.f32(0, 0));
      case 8 -> Boolean.toString(table.bool(0));
      case 10 -> Long.toUnsignedString(table.i64(0, 0));
      case 11 -> Long.toString(table.i64(0, 0));
      case 12 -> Double.toString(Double.longBitsToDouble(table.i64(0, 0)));
      default -> "(type " + tag + ")";
    };
  }
}
