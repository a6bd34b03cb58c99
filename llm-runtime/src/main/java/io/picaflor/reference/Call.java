package io.picaflor.reference;

/**
 * One run of a program on some tokens.
 *
 * @param tokens an array that holds them
 * @param from the first one's index in the array
 * @param count how many there are; rows beyond them are padding
 * @param rows how many the program takes
 * @param position the position of the first one in the context
 */
record Call(int[] tokens, int from, int count, int rows, int position) {}
