package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import io.picaflor.weightcache.CacheInventory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** {@code picaflor cache rm}: removes what is kept of some models or of all; nothing but files of ours. */
final class CacheRemoveCommand implements Verb {
  private static final Option ALL =
      Syntax.flag("all", "Remove all, and the records of which model has which weights.");

  @Override
  public String name() {
    return "rm";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Removes packed weights. Programs that have them mapped go on.")
        .with(CacheArguments.OPTIONS).with(ALL)
        .with(new Syntax.Operand("NAME", "A model, or a name that list prints; all builds of it go.", true));
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    CacheArguments cache = new CacheArguments(arguments);
    List<String> names = arguments.operands();
    boolean all = arguments.has(ALL);
    if (all != names.isEmpty()) {
      throw new WrongUsageException("give NAME or --all, one of them");
    }
    CacheInventory inventory = cache.inventory();
    List<CacheInventory.Removal> removals = new ArrayList<>();
    for (String family : all ? inventory.families() : families(inventory, names)) {
      removals.addAll(inventory.remove(family));
    }
    if (all) {
      removals.addAll(inventory.removeRecords());
    }
    report(removals, cache.json());
    return removals.stream().allMatch(removal -> removal.objection().isEmpty())
        ? 0
        : 1;
  }

  private static Set<String> families(CacheInventory inventory, List<String> names) throws IOException {
    List<CacheInventory.CacheFile> files = inventory.list();
    Map<Path, List<String>> models = inventory.models();
    Set<String> families = new LinkedHashSet<>();
    for (String name : names) {
      List<String> meant = files.stream().filter(file -> isNamed(file, models, name))
          .map(CacheInventory.CacheFile::family).toList();
      if (meant.isEmpty()) {
        throw new IOException("nothing is kept under the name '" + name + "'; see picaflor cache list");
      }
      families.addAll(meant);
    }
    return families;
  }

  private static boolean isNamed(CacheInventory.CacheFile file, Map<Path, List<String>> models, String name) {
    Stream<String> ofModels = Stream.concat(Stream.of(file.title()),
        models.getOrDefault(file.file(), List.of()).stream());
    return name.equals(file.family()) || name.equals(file.file().toString())
        || name.equals(file.file().getFileName().toString())
        || ofModels.anyMatch(model -> model.equals(name) || model.endsWith('/' + name) || model.endsWith('\\' + name));
  }

  private static void report(List<CacheInventory.Removal> removals, boolean json) throws IOException {
    long bytes = 0;
    ObjectNode node = Json.MAPPER.createObjectNode();
    ArrayNode removed = node.putArray("removed");
    ArrayNode left = node.putArray("left");
    for (CacheInventory.Removal removal : removals) {
      if (removal.objection().isPresent()) {
        left.addObject().put("file", removal.file().toString()).put("reason", removal.objection().get());
        System.err.println("picaflor: " + removal.file() + " is still there: " + removal.objection().get());
      } else {
        removed.add(removal.file().toString());
        bytes += removal.bytes();
      }
    }
    node.put("bytes", bytes);
    int count = removed.size();
    Output.standard().println(json
        ? Json.MAPPER.writeValueAsString(node)
        : "removed " + (count == 1 ? "1 file, " : count + " files, ") + CacheArguments.megabytes(bytes));
  }
}
