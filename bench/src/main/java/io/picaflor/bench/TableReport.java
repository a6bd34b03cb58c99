package io.picaflor.bench;

import io.picaflor.cli.verb.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A table for people, or for a page in Markdown: medians, with the lowest and the highest in brackets. */
final class TableReport implements Report {

  /** A column: its heading, its width on a terminal, and what stands in it. */
  private record Column(String heading, int width, Function<Result, String> cell) {}

  private static final List<Column> COLUMNS = List.of(
      new Column("threads", 7, result -> String.valueOf(result.timings().threads())),
      new Column("prompt", 6, result -> String.valueOf(result.workload().prefillTokens())),
      new Column("depth", 5, result -> String.valueOf(result.workload().depth())),
      new Column("prefill_tps", 25, result -> cell(result.prefillTps())),
      new Column("decoded", 7, result -> String.valueOf(result.workload().decodeTokens())),
      new Column("decode_tps", 22, result -> result.workload().decodeTokens() == 0 ? "-" : cell(result.decodeTps())),
      new Column("ttft_ms", 25, result -> cell(result.ttftMillis())),
      new Column("itl_ms p50/p95/max", 18, result -> gaps(result.gapsMillis())),
      new Column("peak_rss_mb", 11, result -> megabytes(result)));

  private final Output output = Output.standard();
  private final Machine machine = Machine.current();
  private final MeasuredFile file;
  private final boolean markdown;
  private final List<String> notes = new ArrayList<>();
  private boolean begun;

  TableReport(MeasuredFile file, boolean markdown) {
    this.file = file;
    this.markdown = markdown;
  }

  @Override
  public void add(Result result) {
    if (!begun) {
      begin(result);
    }
    row(COLUMNS.stream().map(column -> column.cell().apply(result)).toList());
    result.first().ifPresent(first -> notes.add(firstRun(first, result)));
    if (result.warm().isEmpty()) {
      notes.add("The first run of the process is the only one: a JVM is slow at first; -r 5 or --warmup 1 tell more.");
    }
  }

  private void begin(Result result) {
    begun = true;
    String size = file.bytes() == 0 ? "" : String.format(Locale.ROOT, " (%.1f MB)", file.bytes() / 1048576.0);
    line(file.name() + size + ", " + result.timings().network() + ", kernels " + result.timings().kernels());
    line(machine.cpu() + " " + machine.features() + ", " + machine.processors() + " processors, " + machine.java());
    line(String.format(Locale.ROOT, "load_ms %.1f, weight_cache %s", result.timings().load().toNanos() / 1e6,
        result.timings().weightCache()));
    output.println("");
    row(COLUMNS.stream().map(Column::heading).toList());
    if (markdown) {
      output.println("|" + " --- |".repeat(COLUMNS.size()));
    }
  }

  @Override
  public void end() {
    output.println("");
    notes.forEach(this::line);
  }

  private void line(String text) {
    output.println(markdown ? text + "  " : text); // two spaces end a line in Markdown
  }

  private void row(List<String> cells) {
    if (markdown) {
      output.println("| " + String.join(" | ", cells) + " |");
      return;
    }
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      int missing = COLUMNS.get(i).width() - cells.get(i).length();
      line.append(" ".repeat(Math.max(0, missing))).append(cells.get(i)).append("  ");
    }
    output.println(line.toString().stripTrailing());
  }

  private static String firstRun(Run first, Result result) {
    StringBuilder note = new StringBuilder("First run of the process: ");
    result.startToFirstNanos()
        .ifPresent(nanos -> note.append(String.format(Locale.ROOT, "start_to_first_ms %.0f, ", nanos / 1e6)));
    note.append(String.format(
        Locale.ROOT, "prefill_tps %.1f, ttft_ms %.1f", first.prefillTps(), first.ttftNanos() / 1e6));
    if (first.gaps().length > 0) {
      note.append(String.format(Locale.ROOT, ", decode_tps %.1f", first.decodeTps()));
    }
    return note.append(" (apart from the table where it has other runs)").toString();
  }

  private static String cell(Spread spread) {
    return String.format(Locale.ROOT, "%.1f (%.1f..%.1f)", spread.median(), spread.min(), spread.max());
  }

  private static String gaps(Optional<Spread> gaps) {
    return gaps
        .map(g -> String.format(Locale.ROOT, "%.1f/%.1f/%.1f", g.percentile(0.5), g.percentile(0.95), g.max()))
        .orElse("-");
  }

  private static String megabytes(Result result) {
    var bytes = result.timings().peakResidentBytes();
    return bytes.isEmpty() ? "-" : String.valueOf(bytes.getAsLong() >> 20);
  }
}
