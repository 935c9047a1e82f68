/**
 * Files of states that a session may begin with instead of the model's initial one: state-tuned
 * files of other projects, which hold {@code blocks.N.att.time_state} and nothing else, and states
 * that Skein has written. A file that does not fit the model is refused with a sentence.
 */
@NullMarked
package dev.skein.model.start;

import org.jspecify.annotations.NullMarked;
