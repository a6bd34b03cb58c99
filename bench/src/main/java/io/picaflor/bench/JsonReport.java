package io.picaflor.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.Output;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** One JSON object a line and result, each with all that is needed to read it alone. */
final class JsonReport implements Report {
  private final Output output = Output.standard();
  private final Machine machine = Machine.current();
  private final MeasuredFile file;
  private Instant begun = Instant.now();
  private double clockMhz = Machine.clockMhz().orElse(Double.NaN);

  JsonReport(MeasuredFile file) {
    this.file = file;
  }

  @Override
  public void add(Result result) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("model", file.name());
    node.put("model_bytes", file.bytes());
    node.put("model_sha256", file.sha256());
    result.describe(node);
    node.put("cpu", machine.cpu());
    ArrayNode features = node.putArray("cpu_features");
    machine.features().forEach(features::add);
    node.put("processors", machine.processors());
    node.put("java", machine.java());
    node.put("begun", begun.truncatedTo(ChronoUnit.SECONDS).toString());
    node.put("ended", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    if (!Double.isNaN(clockMhz)) {
      node.put("clock_mhz_begun", clockMhz);
      node.put("clock_mhz_ended", Machine.clockMhz().orElse(clockMhz));
    }
    try {
      output.println(Json.MAPPER.writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always written", e);
    }
    begun = Instant.now();
    clockMhz = Machine.clockMhz().orElse(Double.NaN);
  }

  @Override
  public void end() {}
}
