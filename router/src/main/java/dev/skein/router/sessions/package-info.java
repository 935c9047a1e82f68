/**
 * What a router knows of stored sessions. {@link dev.skein.router.sessions.Pools} finds the pool
 * that a session is in; of each pool {@link dev.skein.router.sessions.SessionTable} holds a line
 * for each, as the topic {@code manifests} tells them, and {@link
 * dev.skein.router.sessions.SessionJson} says it in JSON. {@link
 * dev.skein.router.sessions.SessionLog} is the way to the bus; everything else here is without I/O.
 * Names are those of the bus; what a tenant may see of them is decided by the caller's prefix.
 */
@NullMarked
package dev.skein.router.sessions;

import org.jspecify.annotations.NullMarked;
