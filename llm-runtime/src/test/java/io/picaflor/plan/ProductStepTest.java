package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.picaflor.kernels.Matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProductStepTest {
  private static final int ROWS = 3;

  private final MadeForms forms = new MadeForms();

  private static Matrix matrix(int columns, int stride) {
    Matrix matrix = new Matrix(Arena.ofAuto().allocate(4L * ROWS * stride, 64), ROWS, columns, stride);
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < columns; i++) {
        matrix.memory().setAtIndex(ValueLayout.JAVA_FLOAT, matrix.index(row) + i, (row + 2) * (i * 7 % 11) - 5);
      }
    }
    return matrix;
  }

  private static float at(Matrix matrix, int row, int i) {
    return matrix.memory().getAtIndex(ValueLayout.JAVA_FLOAT, matrix.index(row) + i);
  }

  @Test
  void eachTokensProductIsTheSumThatItsLabelsSay() {
    // y[h][m][n] = sum_k a[h][m][k] * b[n][h][k]: integers, so the sum is exact
    int h = 2;
    int m = 3;
    int n = 4;
    int k = 5;
    Form form = forms.product(List.of(0, 1, 2), List.of(3, 0, 2), List.of(0, 1, 3), forms.operand("a", h, m, k),
        forms.operand("b", n, h, k), h, m, n);
    Matrix a = matrix(h * m * k, 32);
    Matrix b = matrix(n * h * k, 48);
    Matrix y = matrix(h * m * n, 32);
    new ProductStep(form, a, b, y).run(ROWS, 17);
    for (int row = 0; row < ROWS; row++) {
      float[] expected = new float[h * m * n];
      float[] found = new float[expected.length];
      for (int i = 0; i < expected.length; i++) {
        found[i] = at(y, row, i);
        for (int j = 0; j < k; j++) {
          int head = i / (m * n);
          expected[i] += at(a, row, (head * m + i / n % m) * k + j) * at(b, row, (i % n * h + head) * k + j);
        }
      }
      assertArrayEquals(expected, found);
    }
  }
}
