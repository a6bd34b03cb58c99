package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;

/**
 * Normalizer, pre-tokenizer and decoder of a tokenizer.json, as it describes them; null what it leaves out.
 *
 * <p>They are kept and written as descriptions, which are small, and built anew from them.
 */
record Parts(Settings normalizer, Settings preTokenizer, Settings decoder) {
  static Parts read(FormReader form) throws TokenizerFormatException {
    return new Parts(part(form, "normalizer"), part(form, "pre_tokenizer"), part(form, "decoder"));
  }

  private static Settings part(FormReader form, String path) throws TokenizerFormatException {
    return form.flag() ? Settings.read(form, path) : null;
  }

  void write(FormWriter form) {
    for (Settings part : new Settings[] {normalizer, preTokenizer, decoder}) {
      form.flag(part != null);
      if (part != null) {
        part.write(form);
      }
    }
  }

  Normalizer newNormalizer() throws TokenizerFormatException {
    return Normalizer.of(copy(normalizer));
  }

  PreTokenizer.Plan newPreTokenizer() throws TokenizerFormatException {
    return PreTokenizer.of(copy(preTokenizer));
  }

  DecoderPlan newDecoder() throws TokenizerFormatException {
    return new DecoderPlan(copy(decoder));
  }

  /** Building takes the settings out one by one. */
  private static Settings copy(Settings settings) {
    return settings == null ? null : settings.copy();
  }
}
