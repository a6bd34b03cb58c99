package io.picaflor.cli;

import io.picaflor.ModelDescription.Operand;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The operands of a signature for people: those of the layers of a model are folded into one line where type and shape agree,
 * and keys with values.
 */
final class OperandLines {
  /** A line: a name such as {@code kv_cache_{k,v}_0-25} and what all operands of that name are. */
  record Line(String name, String type, List<Integer> shape) {}

  private static final Pattern NUMBERED = Pattern.compile("(.*_)(\\d{1,6})");

  /** Operands that differ in their number only. */
  private record Family(String prefix, String type, List<Integer> shape) {}

  private OperandLines() {}

  static List<Line> of(List<Operand> operands) {
    List<Line> lines = new ArrayList<>();
    Map<Family, List<Integer>> families = new LinkedHashMap<>();
    for (Operand operand : operands) {
      Matcher matcher = NUMBERED.matcher(operand.name());
      if (matcher.matches()) {
        Family family = new Family(matcher.group(1), operand.type(), operand.shape());
        families.computeIfAbsent(family, _ -> new ArrayList<>()).add(Integer.parseInt(matcher.group(2)));
      } else {
        lines.add(new Line(operand.name(), operand.type(), operand.shape()));
      }
    }
    joinKeysAndValues(families)
        .forEach(
            (family, numbers) -> lines.add(new Line(family.prefix() + ranges(numbers), family.type(), family.shape())));
    return lines;
  }

  private static Map<Family, List<Integer>> joinKeysAndValues(Map<Family, List<Integer>> families) {
    Map<Family, List<Integer>> joined = new LinkedHashMap<>();
    families.forEach((family, numbers) -> {
      if (family.prefix().endsWith("_k_")
          && sorted(numbers).equals(sorted(families.get(partner(family, "_k_", "_v_"))))) {
        String stem = family.prefix().substring(0, family.prefix().length() - 2);
        joined.put(new Family(stem + "{k,v}_", family.type(), family.shape()), numbers);
      } else if (!family.prefix().endsWith("_v_")
          || !sorted(numbers).equals(sorted(families.get(partner(family, "_v_", "_k_"))))) {
        joined.put(family, numbers);
      }
    });
    return joined;
  }

  private static Family partner(Family family, String own, String other) {
    String stem = family.prefix().substring(0, family.prefix().length() - own.length());
    return new Family(stem + other, family.type(), family.shape());
  }

  private static List<Integer> sorted(List<Integer> numbers) {
    return numbers == null ? List.of() : numbers.stream().sorted().toList();
  }

  /** {@code 0-4,6-10}. */
  private static String ranges(List<Integer> numbers) {
    List<Integer> sorted = sorted(numbers);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sorted.size(); i++) {
      int first = sorted.get(i);
      while (i + 1 < sorted.size() && sorted.get(i + 1) == sorted.get(i) + 1) {
        i++;
      }
      text.append(text.isEmpty() ? "" : ",").append(first);
      if (sorted.get(i) > first) {
        text.append('-').append(sorted.get(i));
      }
    }
    return text.toString();
  }
}
