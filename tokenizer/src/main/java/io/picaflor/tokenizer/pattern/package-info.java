/** Regular expressions of tokenizer.json files, run in linear time. */
package io.picaflor.tokenizer.pattern;
