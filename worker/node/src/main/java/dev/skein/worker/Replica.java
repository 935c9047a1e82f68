package dev.skein.worker;

import dev.skein.engine.Engine;

/**
 * A model of a pool as this process serves it.
 *
 * @param name by which requests of the pool name it
 * @param engine which may serve other pools too, under other names
 */
public record Replica(String name, Engine engine) {}
