package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.Output;
import io.picaflor.weightcache.CacheInventory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** {@code picaflor cache rm}: removes what is kept of some models or of all; nothing but files of ours. */
@Command(
    name = "rm",
    description = "Removes packed weights. Programs that have them mapped go on.",
    mixinStandardHelpOptions = true)
final class CacheRemoveCommand implements Callable<Integer> {
  @Spec
  private CommandSpec spec;
  @Mixin
  private CacheArguments cache;

  @Parameters(arity = "0..*", paramLabel = "NAME",
      description = "A model, or a name that list prints; all builds of it go.")
  private List<String> names = List.of();

  @Option(names = "--all", description = "Remove all, and the records of which model has which weights.")
  private boolean all;

  @Override
  public Integer call() throws IOException {
    if (all != names.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "give NAME or --all, one of them");
    }
    CacheInventory inventory = cache.inventory();
    List<CacheInventory.Removal> removals = new ArrayList<>();
    for (String family : families(inventory)) {
      removals.addAll(inventory.remove(family));
    }
    if (all) {
      removals.addAll(inventory.removeRecords());
    }
    report(removals);
    return removals.stream().allMatch(removal -> removal.objection().isEmpty())
        ? CommandLine.ExitCode.OK
        : CommandLine.ExitCode.SOFTWARE;
  }

  private Set<String> families(CacheInventory inventory) throws IOException {
    if (all) {
      return inventory.families();
    }
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

  private void report(List<CacheInventory.Removal> removals) throws IOException {
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
    Output.standard().println(cache.json
        ? Json.MAPPER.writeValueAsString(node)
        : "removed " + (count == 1 ? "1 file, " : count + " files, ") + CacheArguments.megabytes(bytes));
  }
}
