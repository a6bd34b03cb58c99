/**
 * From the words of a conversation to the text that a model was trained to answer: the file's own templates, and which tokens
 * begin and end an answer.
 */
package io.picaflor.prompt;
