/**
 * {@code skein demo}: two turns of one session over a real bus, read back by an ordinary consumer,
 * and the same two turns run by the engine alone. {@link dev.skein.cli.demo.DemoCommand} fails
 * unless both drew the same tokens.
 */
@NullMarked
package dev.skein.cli.demo;

import org.jspecify.annotations.NullMarked;
