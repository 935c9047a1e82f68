/**
 * The ways on which a bench runs the sessions of one workload: by the engine alone, and through
 * Kafka. They must draw the same tokens; what they differ in is what the bus costs.
 */
@NullMarked
package dev.skein.cli.bench.bus;

import org.jspecify.annotations.NullMarked;
