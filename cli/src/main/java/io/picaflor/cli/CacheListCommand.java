package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.weightcache.CacheInventory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code picaflor cache list}: which files there are, how large, and what each belongs to. */
final class CacheListCommand implements Verb {
  private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  @Override
  public String name() {
    return "list";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Lists the files of packed weights: size, name, when last used, what it belongs to.")
        .with(CacheArguments.OPTIONS);
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    CacheArguments cache = new CacheArguments(arguments);
    CacheInventory inventory = cache.inventory();
    List<CacheInventory.CacheFile> files = inventory.list();
    Map<Path, List<String>> models = inventory.models();
    if (cache.json()) {
      Output.standard().println(Json.MAPPER.writeValueAsString(json(inventory, files, models)));
    } else {
      Output.standard().print(text(inventory, files, models));
    }
    return 0;
  }

  private static String text(CacheInventory inventory, List<CacheInventory.CacheFile> files,
      Map<Path, List<String>> models) {
    StringBuilder text = new StringBuilder();
    for (CacheInventory.CacheFile file : files) {
      text.append(String.format("%10s  %s  %s  %s", CacheArguments.megabytes(file.bytes()), file.file().getFileName(),
          MINUTE.format(file.lastUsed().atZone(ZoneId.systemDefault())), belongsTo(file, models)));
      file.objection().ifPresent(objection -> text.append("  not used: ").append(objection));
      text.append('\n');
    }
    String folders = inventory.folders().stream().map(Path::toString).collect(Collectors.joining(", "));
    long bytes = files.stream().mapToLong(CacheInventory.CacheFile::bytes).sum();
    return text.append(files.size() == 1 ? "1 file, " : files.size() + " files, ").append(
        CacheArguments.megabytes(bytes)).append(", in ").append(folders).append('\n').toString();
  }

  /** The models that were found to hold these weights, else the one that the file was built for. */
  static String belongsTo(CacheInventory.CacheFile file, Map<Path, List<String>> models) {
    List<String> known = models.getOrDefault(file.file(), List.of());
    return known.isEmpty() ? file.title() : String.join(", ", known);
  }

  private static ObjectNode json(CacheInventory inventory, List<CacheInventory.CacheFile> files,
      Map<Path, List<String>> models) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    ArrayNode folders = node.putArray("folders");
    inventory.folders().forEach(folder -> folders.add(folder.toString()));
    ArrayNode list = node.putArray("files");
    for (CacheInventory.CacheFile file : files) {
      ObjectNode entry = list.addObject();
      entry.put("file", file.file().toString());
      entry.put("name", file.family());
      entry.put("generation", file.generation());
      entry.put("bytes", file.bytes());
      entry.put("entries", file.blobs());
      entry.put("built_for", file.title());
      ArrayNode of = entry.putArray("models");
      models.getOrDefault(file.file(), List.of()).forEach(of::add);
      entry.put("last_used", file.lastUsed().toString());
      file.objection().ifPresent(objection -> entry.put("not_used", objection));
    }
    return node;
  }
}
