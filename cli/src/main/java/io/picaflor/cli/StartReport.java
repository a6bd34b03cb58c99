package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.LoadPhases;
import io.picaflor.Timings;
import io.picaflor.cli.verb.Json;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the time of a new process went until its first token. The moments are of {@link System#nanoTime}.
 *
 * @param process when the process was started
 * @param begun when the program began, which the JVM had to be ready for
 * @param loading when it knew its arguments and began to load the model
 * @param firstToken when the first token could be printed
 * @param timings what came between the two
 */
record StartReport(long process, long begun, long loading, long firstToken, Timings timings) {
  private Duration jvm() {
    return Duration.ofNanos(begun - process);
  }

  private Duration arguments() {
    return Duration.ofNanos(loading - begun);
  }

  private Duration toFirstToken() {
    return Duration.ofNanos(firstToken - process);
  }

  /** Adds what {@link Json#timings} cannot know. */
  void addTo(ObjectNode json) {
    ObjectNode phases = json.putObject("start_phases");
    phases.put("jvm_ms", Json.millis(jvm()));
    phases.put("arguments_ms", Json.millis(arguments()));
    json.put("start_to_first_ms", Json.millis(toFirstToken()));
  }

  /** A line for people: all phases in their order. */
  @Override
  public String toString() {
    LoadPhases load = timings.loadPhases();
    Map<String, Duration> phases = new LinkedHashMap<>();
    phases.put("JVM", jvm());
    phases.put("arguments", arguments());
    phases.put("file", load.open());
    phases.put("kernels", load.kernels());
    phases.put("plan", load.plan());
    phases.put("weights (" + timings.weightCache() + ")", load.weights());
    phases.put("tokenizer", load.tokenizer());
    phases.put("session", timings.session());
    phases.put("tokenization", timings.tokenization());
    phases.put("prompt", timings.prefill());
    StringBuilder line = new StringBuilder("first token " + toFirstToken().toMillis() + " ms after the start:");
    phases.forEach((name, time) -> line.append(' ').append(name).append(' ').append(time.toMillis()).append(','));
    line.setLength(line.length() - 1);
    return line.toString();
  }
}
