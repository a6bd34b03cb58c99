import io.picaflor.ChatMessage;
import io.picaflor.ChatSession;
import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.TokenStream;
import java.nio.file.Path;

/** Keeps a conversation, through the model's own chat template. */
void main(String[] arguments) throws Exception {
  GenerationOptions options = GenerationOptions.GREEDY.withMaxNewTokens(24);
  try (Model model = Model.load(Path.of(arguments[0]));
      ChatSession chat = model.newChat()) {
    for (String text : new String[] {"Tell me a story about a fox", "Tell me a story about a cat"}) {
      TokenStream answer = chat.send(text, options);
      answer.forEachRemaining(token -> System.out.print(token.text()));
      System.out.println();
    }
    for (ChatMessage message : chat.messages()) {
      System.out.println(message.role() + ": " + message.content().lines().findFirst().orElse(""));
    }
  }
}
