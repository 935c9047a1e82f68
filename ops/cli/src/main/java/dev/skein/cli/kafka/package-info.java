/**
 * Everything of the command line that speaks Kafka: the broker that lives inside the process, and
 * the plain clients with which {@code demo} shows that an ordinary consumer reads what the engine
 * wrote. No other package of this house sees Kafka's classes.
 */
@NullMarked
package dev.skein.cli.kafka;

import org.jspecify.annotations.NullMarked;
