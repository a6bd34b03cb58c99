/**
 * The program {@code ./picaflor}: its verbs, what they print and the exit status.
 */
package io.picaflor.cli;
