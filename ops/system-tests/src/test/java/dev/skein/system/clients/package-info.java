/**
 * Published clients of the JVM against a running router, at their default settings: what they send
 * is served, and what they make of the answers is right.
 */
@NullMarked
package dev.skein.system.clients;

import org.jspecify.annotations.NullMarked;
