/**
 * What verbs are made of: the interface by which other modules add some, the options that all of them share, and how they
 * read and write.
 */
package io.picaflor.cli.verb;
