/**
 * The commands that need no cluster: {@code generate}, {@code logits}, {@code tokenize}, {@code
 * model} and {@code bench}. Each is a picocli command that returns its exit code, prints what a
 * program may read on standard output and everything else on standard error, and throws exceptions
 * whose message is one line for the user: a usage fault as picocli's ParameterException, a file's
 * fault as an IOException, anything else as an IllegalArgumentException or IllegalStateException.
 */
@NullMarked
package dev.skein.cli.engine;

import org.jspecify.annotations.NullMarked;
