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
import java.util.List;

/** {@code picaflor cache verify}: reads all that is kept and compares its checksums. Exit status 1 if something is damaged. */
final class CacheVerifyCommand implements Verb {
  @Override
  public String name() {
    return "verify";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Reads all packed weights and compares their checksums. Exit status 1 if something is damaged.")
        .with(CacheArguments.OPTIONS);
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    CacheArguments cache = new CacheArguments(arguments);
    List<CacheInventory.Verification> found = cache.inventory().verify();
    if (cache.json()) {
      ObjectNode node = Json.MAPPER.createObjectNode();
      ArrayNode files = node.putArray("files");
      for (CacheInventory.Verification file : found) {
        ObjectNode entry = files.addObject();
        entry.put("file", file.file().toString());
        entry.put("sound", file.damages().isEmpty());
        entry.put("entries", file.blobs());
        entry.put("bytes", file.bytes());
        ArrayNode damages = entry.putArray("damages");
        file.damages().forEach(damages::add);
      }
      Output.standard().println(Json.MAPPER.writeValueAsString(node));
    } else {
      found.forEach(CacheVerifyCommand::print);
    }
    boolean sound = found.stream().allMatch(file -> file.damages().isEmpty());
    if (!sound) {
      System.err
          .println("picaflor: what is damaged can be removed with picaflor cache rm; the next load builds it anew");
    }
    return sound ? 0 : 1;
  }

  private static void print(CacheInventory.Verification file) {
    if (file.damages().isEmpty()) {
      Output.standard().println(file.file() + ": sound, " + file.blobs() + " entries, "
          + CacheArguments.megabytes(file.bytes()));
    }
    file.damages().forEach(damage -> Output.standard().println(file.file() + ": damaged: " + damage));
  }
}
