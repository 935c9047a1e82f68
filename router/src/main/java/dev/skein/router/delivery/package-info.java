/**
 * From the bus to the client that waits. For each pool one actor, {@link
 * dev.skein.router.delivery.Receiver}, is the address that owners of its sessions push token events
 * to; it owns the {@link dev.skein.router.delivery.StreamRegistry}, which knows every answer of the
 * pool that is under way: names, shards and epochs of two pools never meet. Each answer's {@link
 * dev.skein.router.delivery.TokenStream}, which drops what was seen before and puts the rest in
 * order. Registry and stream are plain Java without clock or threads. Every answer has a bounded
 * buffer between this actor and its HTTP connection; a client that lets it run full is cut off, so
 * that a slow reader costs memory that is known beforehand.
 */
@NullMarked
package dev.skein.router.delivery;

import org.jspecify.annotations.NullMarked;
