/**
 * One role a process: {@link dev.skein.cli.role.BrokerCommand}, {@link
 * dev.skein.cli.role.WorkerCommand} and {@link dev.skein.cli.role.RouterCommand}, with the options
 * that they share. A worker or router that the cluster took for dead gives up its life in it and
 * begins another one in the same process, its models still loaded: {@link
 * dev.skein.cli.role.NodeLife} is one such life.
 */
@NullMarked
package dev.skein.cli.role;

import org.jspecify.annotations.NullMarked;
