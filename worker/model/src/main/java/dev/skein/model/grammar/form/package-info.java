/**
 * What a text may be, as expressions over bytes with rules that may refer to each other; regular
 * expressions and GBNF grammars are read into it, and so are JSON schemas elsewhere. Knows nothing
 * of tokens.
 */
@NullMarked
package dev.skein.model.grammar.form;

import org.jspecify.annotations.NullMarked;
