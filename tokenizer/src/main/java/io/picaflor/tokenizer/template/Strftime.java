package io.picaflor.tokenizer.template;

import java.time.LocalDateTime;
import java.time.temporal.IsoFields;

/** C's {@code strftime} with English names, as {@code strftime_now} uses it. */
final class Strftime {
  private static final String[] DAYS = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  private static final String[] MONTHS = {
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December"
  };

  private Strftime() {}

  /** The rendering's time; a conversion that is not known stays as it is. */
  static Text format(Text format, Rendering rendering) {
    LocalDateTime now = rendering.now();
    String s = format.chars();
    TextBuilder out = new TextBuilder(rendering);
    int at = 0;
    while (at < s.length()) {
      int percent = s.indexOf('%', at);
      if (percent < 0 || percent == s.length() - 1) {
        break;
      }
      format.appendTo(out, at, percent);
      char flag = s.charAt(percent + 1);
      boolean flagged = (flag == '-' || flag == '_' || flag == '0' || flag == '^') && percent + 2 < s.length();
      int end = percent + (flagged ? 3 : 2);
      String text = conversion(s.charAt(end - 1), now);
      if (text == null) {
        format.appendTo(out, percent, end);
      } else {
        out.append(flagged ? flagged(flag, text) : text, true);
      }
      at = end;
    }
    format.appendTo(out, at, s.length());
    return out.toText();
  }

  /** GNU's flags: no padding, spaces, zeros, upper case. */
  private static String flagged(char flag, String text) {
    if (flag == '^') {
      return TextOperations.upper(text);
    }
    int zeros = 0;
    while (zeros < text.length() - 1 && (text.charAt(zeros) == '0' || text.charAt(zeros) == ' ')
        && Character.isDigit(text.charAt(zeros + 1))) {
      zeros++;
    }
    return switch (flag) {
      case '-' -> text.substring(zeros);
      case '_' -> " ".repeat(zeros) + text.substring(zeros);
      default -> "0".repeat(zeros) + text.substring(zeros);
    };
  }

  private static String conversion(char kind, LocalDateTime t) {
    int sunday = t.getDayOfWeek().getValue() % 7; // 0: Sunday
    return switch (kind) {
      case 'Y' -> Integer.toString(t.getYear());
      case 'C' -> two(Math.floorDiv(t.getYear(), 100));
      case 'y' -> two(Math.floorMod(t.getYear(), 100));
      case 'm' -> two(t.getMonthValue());
      case 'd' -> two(t.getDayOfMonth());
      case 'e' -> spaced(t.getDayOfMonth());
      case 'B' -> MONTHS[t.getMonthValue() - 1];
      case 'b', 'h' -> MONTHS[t.getMonthValue() - 1].substring(0, 3);
      case 'A' -> DAYS[sunday];
      case 'a' -> DAYS[sunday].substring(0, 3);
      case 'H' -> two(t.getHour());
      case 'k' -> spaced(t.getHour());
      case 'I' -> two(hour12(t));
      case 'l' -> spaced(hour12(t));
      case 'M' -> two(t.getMinute());
      case 'S' -> two(t.getSecond());
      case 'f' -> padded(t.getNano() / 1_000, 6);
      case 'p' -> t.getHour() < 12 ? "AM" : "PM";
      case 'P' -> t.getHour() < 12 ? "am" : "pm";
      case 'j' -> padded(t.getDayOfYear(), 3);
      case 'w' -> Integer.toString(sunday);
      case 'u' -> Integer.toString(t.getDayOfWeek().getValue());
      case 'U' -> two((t.getDayOfYear() + 6 - sunday) / 7);
      case 'W' -> two((t.getDayOfYear() + 6 - (sunday + 6) % 7) / 7);
      case 'V' -> two(t.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case 'G' -> Integer.toString(t.get(IsoFields.WEEK_BASED_YEAR));
      case 'g' -> two(Math.floorMod(t.get(IsoFields.WEEK_BASED_YEAR), 100));
      case 'D', 'x' ->
          two(t.getMonthValue()) + "/" + two(t.getDayOfMonth()) + "/" + two(Math.floorMod(t.getYear(), 100));
      case 'F' -> t.getYear() + "-" + two(t.getMonthValue()) + "-" + two(t.getDayOfMonth());
      case 'T', 'X' -> two(t.getHour()) + ":" + two(t.getMinute()) + ":" + two(t.getSecond());
      case 'R' -> two(t.getHour()) + ":" + two(t.getMinute());
      case 'r' ->
          two(hour12(t)) + ":" + two(t.getMinute()) + ":" + two(t.getSecond()) + (t.getHour() < 12 ? " AM" : " PM");
      case 'c' ->
          conversion('a', t) + " " + conversion('b', t) + " " + conversion('e', t) + " " + conversion('T', t) + " "
              + t.getYear();
      case 'Z', 'z' -> ""; // the time has no zone
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> null;
    };
  }

  private static int hour12(LocalDateTime t) {
    return t.getHour() % 12 == 0 ? 12 : t.getHour() % 12;
  }

  private static String two(int number) {
    return padded(number, 2);
  }

  private static String padded(int number, int width) {
    String digits = Integer.toString(number);
    return "0".repeat(Math.max(width - digits.length(), 0)) + digits;
  }

  private static String spaced(int number) {
    return number < 10 ? " " + number : Integer.toString(number);
  }
}
