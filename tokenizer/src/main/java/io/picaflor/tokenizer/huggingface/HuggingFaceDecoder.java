package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.StreamingDecoder;

/** Ids to text by the steps of a tokenizer.json's decoder. */
final class HuggingFaceDecoder implements StreamingDecoder {
  private final HuggingFaceTokenizer tokenizer;
  private final boolean skipSpecial;
  private final DecoderStage.Collector collector;
  private final DecoderStage first;

  HuggingFaceDecoder(HuggingFaceTokenizer tokenizer, DecoderPlan plan, boolean skipSpecial) {
    this.tokenizer = tokenizer;
    this.skipSpecial = skipSpecial;
    collector = plan.newCollector();
    first = plan.newStages(collector);
  }

  @Override
  public String append(int id) {
    String piece = tokenizer.pieceOf(id);
    if (piece.isEmpty() || skipSpecial && tokenizer.isSpecial(id)) {
      return "";
    }
    first.token(piece);
    return collector.take();
  }

  @Override
  public String finish() {
    first.finish();
    return collector.take();
  }
}
