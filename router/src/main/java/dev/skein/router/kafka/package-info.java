/**
 * The router's side of Kafka, and the only package of the router that sees its client. {@link
 * dev.skein.router.kafka.RequestPublisher} writes requests and cancels, each to the partition of
 * its session; {@link dev.skein.router.kafka.ModelDirectory} follows the topic {@code skein.models}
 * and so knows what may be asked for. Each has one thread of its own, because the Kafka client
 * blocks when brokers are away, and HTTP must not.
 */
@NullMarked
package dev.skein.router.kafka;

import org.jspecify.annotations.NullMarked;
