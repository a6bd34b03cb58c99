package io.picaflor.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The tokenizers with expected ids and texts that lie beside the project, where they do. */
final class GoldenCases {
  static final Path FOLDER = Path.of("../../shared/goldens/tokenizers");

  /**
   * One line of cases.jsonl; {@code text} is null where only decoding is asked for, {@code withoutSpecial} where it is
   * the same.
   */
  record Case(String name, String text, int[] ids, String decoded, String withoutSpecial) {}

  private GoldenCases() {}

  static boolean present() {
    return Files.isDirectory(FOLDER);
  }

  static List<Path> folders() throws IOException {
    try (var folders = Files.list(FOLDER)) {
      return folders.filter(f -> Files.exists(f.resolve("cases.jsonl"))).sorted().toList();
    }
  }

  static byte[] data(Path folder) throws IOException {
    Path json = folder.resolve("tokenizer.json");
    return Files.readAllBytes(Files.exists(json) ? json : folder.resolve("tokenizer.model"));
  }

  static Tokenizer tokenizer(Path folder) throws IOException {
    return Tokenizer.of(MemorySegment.ofArray(data(folder)));
  }

  static List<Case> cases(Path folder) throws IOException {
    List<Case> cases = new ArrayList<>();
    try (JsonParser json = new JsonFactory().createParser(folder.resolve("cases.jsonl").toFile())) {
      while (json.nextToken() == JsonToken.START_OBJECT) {
        cases.add(read(json));
      }
    }
    return cases;
  }

  private static Case read(JsonParser json) throws IOException {
    String name = null;
    String text = null;
    List<Integer> ids = new ArrayList<>();
    String decoded = null;
    String withoutSpecial = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = json.getText();
        case "text" -> text = json.getText();
        case "decoded" -> decoded = json.getText();
        case "decoded_skip_special" -> withoutSpecial = json.getText();
        case "ids" -> {
          while (json.nextToken() != JsonToken.END_ARRAY) {
            ids.add(json.getIntValue());
          }
        }
        default -> throw new IllegalStateException("golden case with the field " + field);
      }
    }
    return new Case(name, text, ids.stream().mapToInt(Integer::intValue).toArray(), decoded, withoutSpecial);
  }
}
