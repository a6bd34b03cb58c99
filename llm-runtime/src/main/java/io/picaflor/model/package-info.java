/**
 * Model files: containers ({@code .litertlm}, {@code .task}, {@code .tflite}) as slices of one read-only mapping, and
 * bounds-checked readers of what lies in them (FlatBuffers, FlexBuffers, protobuf). It knows bytes and metadata; what a
 * graph means is the next package's.
 */
package io.picaflor.model;
