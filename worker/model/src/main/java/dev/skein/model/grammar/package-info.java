/**
 * Which tokens may come next, so that a text keeps a form: a JSON schema, a regular expression, a
 * list of choices, a grammar. Everything is compiled once into a network of byte transitions with
 * calls (so that recursion is a stack), a {@link dev.skein.model.grammar.Position} in it is the set
 * of places where the text so far may stand, and the tokens that may follow a position are found by
 * walking the vocabulary's trie beside the network. What is found is kept: by position, and by the
 * part of a position above the last call of a framed rule, so that the inside of a string is walked
 * once, wherever the string stands. Costs in tokens up to the end are known everywhere; with them a
 * text is closed within its budget.
 */
@NullMarked
package dev.skein.model.grammar;

import org.jspecify.annotations.NullMarked;
