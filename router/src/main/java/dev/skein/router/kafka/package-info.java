/**
 * The router's side of Kafka, and the only package of the router that sees its client. {@link
 * dev.skein.router.kafka.ModelDirectory} follows the topic {@code skein.models} and so knows what
 * may be asked for, and in which pool; {@link dev.skein.router.kafka.PoolClients} are the clients
 * of one pool, of which a router has a set for each. Each client has one thread of its own, because
 * Kafka's blocks when brokers are away, and HTTP must not.
 */
@NullMarked
package dev.skein.router.kafka;

import org.jspecify.annotations.NullMarked;
