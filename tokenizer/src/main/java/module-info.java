/** Text to token ids and back, streaming decode, chat templates. */
module io.picaflor.tokenizer {
  requires com.fasterxml.jackson.core;

  exports io.picaflor.tokenizer;
  exports io.picaflor.tokenizer.template;
}
