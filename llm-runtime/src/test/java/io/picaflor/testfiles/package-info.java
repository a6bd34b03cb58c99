/**
 * Writes the small files that tests read: FlatBuffers, FlexBuffers, protobuf messages, {@code .litertlm} and {@code
 * .tflite} files.
 */
package io.picaflor.testfiles;
