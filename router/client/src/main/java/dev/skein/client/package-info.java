/**
 * A client of Skein's HTTP API for Java programs, on the JDK's own HTTP client. {@link
 * dev.skein.client.SkeinClient} asks: an answer as a whole, or as a {@link
 * java.util.concurrent.Flow.Publisher} of pieces that goes on by itself after a broken connection,
 * and each piece exactly once. {@link dev.skein.client.Sessions} shows, forks, rewinds and deletes
 * what was said.
 */
@NullMarked
package dev.skein.client;

import org.jspecify.annotations.NullMarked;
