/** What is in a model file, put into the plain values of {@link io.picaflor.ModelDescription}. Reads; computes nothing. */
package io.picaflor.description;
