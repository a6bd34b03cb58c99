/** The ready-to-map form of a tokenizer: a few settings, and large tables that are read where they lie. */
package io.picaflor.tokenizer.form;
