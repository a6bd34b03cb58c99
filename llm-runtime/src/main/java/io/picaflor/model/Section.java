package io.picaflor.model;

import java.util.Map;

/**
 * One part of a model file, as {@code inspect} lists it.
 *
 * @param name what the part is called: an entry's name, a section's {@code model_type}; empty if it has none
 * @param type what it holds, as the container's format names it; {@code type N} where the number is not known
 * @param offset the byte in the file at which it starts
 * @param length its bytes
 * @param items what the file says about it, by key
 */
public record Section(String name, String type, long offset, long length, Map<String, String> items) {}
