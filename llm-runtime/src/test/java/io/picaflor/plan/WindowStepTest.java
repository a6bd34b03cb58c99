package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.picaflor.graph.ElementType;
import io.picaflor.kernels.Matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowStepTest {
  private static final int ROWS = 7;
  private static final int CHANNELS = 5;
  private static final int TAPS = 4;

  private final MadeForms forms = new MadeForms();
  private final Form window = forms.graph.form(new Kind.Window(1),
      List.of(forms.graph.form(new Kind.State("c"), List.of(), ElementType.FLOAT32, List.of(CHANNELS, TAPS - 1)),
          forms.operand("x", CHANNELS)),
      ElementType.FLOAT32, List.of(CHANNELS, TAPS));

  private static Matrix matrix(int columns) {
    int stride = columns + 3;
    return new Matrix(Arena.ofAuto().allocate(4L * ROWS * stride, 64), ROWS, columns, stride);
  }

  private static float x(int time, int channel) {
    return time < 0 ? 0 : 1 + time * 0.37f + channel * 10;
  }

  /** Feeds the rows in chunks of at most so many; returns all convolved rows, one behind the other. */
  private float[] convolved(int chunk, float[] taps) {
    MemorySegment state = Arena.ofAuto().allocate(4L * CHANNELS * (TAPS - 1), 64);
    Matrix x = matrix(CHANNELS);
    Matrix windows = matrix(CHANNELS * TAPS);
    Matrix y = matrix(CHANNELS);
    float[] all = new float[ROWS * CHANNELS];
    for (int from = 0; from < ROWS; from += chunk) {
      int rows = Math.min(chunk, ROWS - from);
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < CHANNELS; c++) {
          x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, x.index(row) + c, x(from + row, c));
        }
      }
      new WindowStep(window, state, x, windows).run(rows, from);
      new ShortConvolutionStep(windows, taps, TAPS, y).run(rows, from);
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < CHANNELS; c++) {
          all[(from + row) * CHANNELS + c] = y.memory().getAtIndex(ValueLayout.JAVA_FLOAT, y.index(row) + c);
        }
      }
    }
    return all;
  }

  @Test
  void eachTapReadsTheRowOfItsTokenAndZerosStandBeforeTheFirst() {
    for (int tap = 0; tap < TAPS; tap++) {
      float[] taps = new float[CHANNELS * TAPS];
      float[] expected = new float[ROWS * CHANNELS];
      for (int c = 0; c < CHANNELS; c++) {
        taps[c * TAPS + tap] = 1;
        for (int time = 0; time < ROWS; time++) {
          expected[time * CHANNELS + c] = x(time - (TAPS - 1) + tap, c);
        }
      }
      assertArrayEquals(expected, convolved(ROWS, taps));
    }
  }

  @Test
  void chunksOfAnySizeGiveTheSameBits() {
    float[] taps = new float[CHANNELS * TAPS];
    for (int i = 0; i < taps.length; i++) {
      taps[i] = (i * 13 % 17 - 8) * 0.123f;
    }
    float[] expected = convolved(ROWS, taps);
    for (int chunk = 1; chunk < ROWS; chunk++) {
      assertArrayEquals(expected, convolved(chunk, taps));
    }
  }
}
