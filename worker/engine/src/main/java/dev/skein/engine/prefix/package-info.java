/**
 * States after the beginnings of prompts, so that a beginning that was read once need not be read
 * again. A state is found by what was read, never by whose session it is: the chain of SHA-256 over
 * tenant and token ids. A state is given out only if its checksum still fits, and one hit in many
 * is computed again and compared; what does not agree is counted and never given out again.
 */
@NullMarked
package dev.skein.engine.prefix;

import org.jspecify.annotations.NullMarked;
