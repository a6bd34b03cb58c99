/** Hugging Face tokenizer.json files: normalizers, pre-tokenizers, models, added tokens, decoders. */
package io.picaflor.tokenizer.huggingface;
