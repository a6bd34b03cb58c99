package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that go on from a file. */
class SavedSessionTest {
  private static final GenerationOptions GREEDY = GenerationOptions.GREEDY.withMaxNewTokens(DemoModel.ANSWER.length);

  @TempDir
  private Path folder;

  private Path file() {
    return folder.resolve("session");
  }

  private static int[] answer(Session session, int... tokens) {
    try (TokenStream stream = session.generate(tokens, GREEDY)) {
      return Stream.generate(stream::next).limit(DemoModel.ANSWER.length).mapToInt(Token::id)
          .toArray();
    }
  }

  @Test
  void aRestoredSessionGivesTheBitsOfTheSavedOne() throws Exception {
    for (SampleModel sample : SampleModel.all()) {
      for (String tier : List.of("scalar", "vector")) {
        try (Model saving = sample.load(tier); Model restoring = sample.load(tier)) {
          for (int position : sample.positions()) {
            String where = sample.name() + ", " + tier + ", " + position;
            int[] more = sample.tokens(2, 10);
            try (Session session = saving.newSession()) {
              if (position > 0) {
                session.prefill(sample.tokens(1, position));
              }
              session.save(file());
              try (Session restored = restoring.restore(file())) {
                assertEquals(position, restored.position(), where);
                assertEquals(session.contextLength(), restored.contextLength(), where);
                assertArrayEquals(SampleModel.logits(session, more), SampleModel.logits(restored, more), where);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void aRestoredSessionGoesBackAndOnLikeAnyOther() throws Exception {
    for (SampleModel sample : SampleModel.all()) {
      try (Model model = sample.load("vector"); Session session = model.newSession();
          Session fresh = model.newSession()) {
        int[] tokens = sample.tokens(1, sample.positions()[2]);
        session.prefill(tokens);
        session.save(file());
        try (Session restored = model.restore(file())) {
          for (int back : new int[] {tokens.length, tokens.length - 1, tokens.length / 2, 0}) {
            restored.rewind(back);
            fresh.rewind(0);
            int[] all = Arrays.copyOf(tokens, back + 5);
            System.arraycopy(sample.tokens(back, 5), 0, all, back, 5);
            int[] expected = SampleModel.logits(fresh, all);
            int[] found = SampleModel.logits(restored, Arrays.copyOfRange(all, back, back + 5));
            int from = expected.length - found.length;
            assertArrayEquals(Arrays.copyOfRange(expected, from, expected.length), found, sample.name() + ", " + back);
            restored.rewind(back);
          }
        }
      }
    }
  }

  @Test
  void aSessionInTheMiddleOfAnAnswerGoesOnWithIt() throws IOException {
    try (Model model = DemoModel.load()) {
      try (Session session = model.newSession(100);
          TokenStream stream = session.generate(DemoModel.PROMPT, GREEDY)) {
        for (int i = 0; i < 4; i++) {
          stream.next();
        }
        session.save(file());
      }
      try (Session restored = model.restore(file())) {
        assertEquals(100, restored.contextLength());
        assertEquals(DemoModel.PROMPT.length + 4, restored.position());
        restored.rewind(DemoModel.PROMPT.length + 3);
        int[] rest = Arrays.copyOfRange(answer(restored, DemoModel.ANSWER[3]), 0, DemoModel.ANSWER.length - 4);
        assertArrayEquals(Arrays.copyOfRange(DemoModel.ANSWER, 4, DemoModel.ANSWER.length), rest);
      }
    }
  }

  @Test
  void whatOneTierSavedAnotherGoesOnWith() throws IOException {
    int[] prompt = Arrays.copyOf(DemoModel.PROMPT, DemoModel.PROMPT.length - 1);
    for (List<String> tiers : List.of(List.of("scalar", "vector"), List.of("vector", "scalar"))) {
      try (Model saving = SampleModel.demo().load(tiers.getFirst());
          Model restoring = SampleModel.demo().load(tiers.getLast())) {
        try (Session session = saving.newSession()) {
          session.prefill(prompt);
          session.save(file());
        }
        try (Session restored = restoring.restore(file())) {
          assertArrayEquals(DemoModel.ANSWER, answer(restored, DemoModel.PROMPT[prompt.length]));
        }
      }
    }
  }

  @Test
  void keysAndValuesStayInThePrecisionThatTheyAreKeptIn() throws IOException {
    SampleModel demo = SampleModel.demo();
    ModelOptions halves = ModelOptions.DEFAULT.withKvPrecision(KvPrecision.BF16);
    try (Model model = demo.load(halves); Model floats = demo.load(ModelOptions.DEFAULT);
        Session session = model.newSession()) {
      session.prefill(demo.tokens(1, 70));
      session.save(file());
      try (Session restored = model.restore(file())) {
        int[] more = demo.tokens(2, 5);
        assertArrayEquals(SampleModel.logits(session, more), SampleModel.logits(restored, more));
      }
      var e = assertThrows(SessionFormatException.class, () -> floats.restore(file()));
      assertTrue(
          e.getMessage().matches(".*session: keeps keys and values as \\d+ numbers of 2 bytes each, expected \\d+ of 4;"
              + " load the model with the options that it had when the session was saved"),
          e::getMessage);
    }
  }

  @Test
  void anotherModelIsRefused() throws IOException {
    byte[] changed = SampleModel.ring().file();
    changed[changed.length / 2] ^= 1;
    try (Model model = SampleModel.ring().load("vector"); Session session = model.newSession()) {
      session.prefill(new int[] {1, 2, 3});
      session.save(file());
      for (byte[] other : List.of(changed, SampleModel.reference().file(), SampleModel.demo().file())) {
        byte[] expected = Files.readAllBytes(file());
        try (Model wrong = new SampleModel("other", other, 5, new int[0]).load("vector")) {
          var e = assertThrows(SessionFormatException.class, () -> wrong.restore(file()));
          assertEquals(
              file() + ": was saved with another model; load the model file that it was saved with", e.getMessage());
        }
        assertArrayEquals(expected, Files.readAllBytes(file()));
      }
    }
  }

  @Test
  void theFileIsForItsOwnerAloneAndReplacesTheOlderOneAsAWhole() throws IOException {
    try (Model model = SampleModel.ring().load("scalar"); Session session = model.newSession()) {
      session.prefill(new int[] {1, 2, 3});
      session.save(file());
      session.prefill(new int[] {4});
      session.save(file());
      if (Files.getFileAttributeView(file(), PosixFileAttributeView.class) != null) {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
      }
      try (Stream<Path> files = Files.list(folder)) {
        assertEquals(List.of(file()), files.toList());
      }
      try (Session restored = model.restore(file())) {
        assertEquals(4, restored.position());
      }
    }
  }

  @Test
  void whereNothingCanBeSavedTheSessionGoesOn() throws IOException {
    try (Model model = DemoModel.load(); Session session = model.newSession()) {
      session.prefill(DemoModel.PROMPT);
      Path missing = folder.resolve("none").resolve("session");
      var e = assertThrows(NoSuchFileException.class, () -> session.save(missing));
      assertEquals(missing.getParent() + ": there is no such folder to save a session in", e.getMessage());
      Files.createDirectories(file().resolve("full"));
      assertThrows(IOException.class, () -> session.save(file()));
      try (Stream<Path> files = Files.list(folder)) {
        assertEquals(List.of(file()), files.toList(), "no temporary is left");
      }
      session.rewind(DemoModel.PROMPT.length - 1);
      assertArrayEquals(DemoModel.ANSWER, answer(session, DemoModel.PROMPT[DemoModel.PROMPT.length - 1]));
      assertThrows(IOException.class, () -> model.restore(missing));
      assertThrows(IOException.class, () -> model.restore(folder));
    }
  }

  @Test
  void whatAnInterruptLeftIsComputedLater() throws IOException {
    int last = DemoModel.PROMPT.length - 1;
    try (Model model = DemoModel.load(); Session session = model.newSession()) {
      Thread.currentThread().interrupt();
      session.prefill(Arrays.copyOf(DemoModel.PROMPT, last));
      assertTrue(Thread.interrupted(), "the thread stays interrupted");
      assertEquals(last, session.position());
      session.save(file());
      assertTrue(Files.size(file()) < 1000, "tokens alone: " + Files.size(file()));
      try (Session restored = model.restore(file())) {
        assertArrayEquals(DemoModel.ANSWER, answer(restored, DemoModel.PROMPT[last]));
      }
      assertArrayEquals(DemoModel.ANSWER, answer(session, DemoModel.PROMPT[last]));
    }
  }

  @Test
  void aPrefilledPromptIsAnsweredLikeAnyOther() throws IOException {
    try (Model model = DemoModel.load(); Session session = model.newSession(); Session whole = model.newSession()) {
      session.prefill("Once upon a time");
      int started = session.position();
      TokenStream rest = session.generate(" there was", GREEDY);
      rest.forEachRemaining(token -> {});
      TokenStream all = whole.generate("Once upon a time there was", GREEDY);
      all.forEachRemaining(token -> {});
      assertEquals(all.promptTokens(), started + rest.promptTokens());
      assertEquals(all.text(), rest.text());
      assertThrows(IllegalArgumentException.class, () -> session.prefill(new int[0]));
      assertThrows(IllegalArgumentException.class, () -> session.prefill(new int[] {-1}));
      int position = session.position();
      assertThrows(ContextOverflowException.class, () -> session.prefill(new int[session.remaining() + 1]));
      assertEquals(position, session.position());
    }
  }
}
