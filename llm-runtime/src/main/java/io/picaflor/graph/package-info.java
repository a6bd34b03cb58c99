/**
 * The immutable, validated graph of a model: signatures, their nodes with typed attributes, tensors whose constants are
 * slices of the mapped file.
 *
 * <p>{@link io.picaflor.graph.GraphReader} makes it from a {@code .tflite} section; nothing here computes.
 */
package io.picaflor.graph;
