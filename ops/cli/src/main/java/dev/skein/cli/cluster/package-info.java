/**
 * The Pekko system of a process: {@link dev.skein.cli.cluster.ClusterSystem} makes it from the
 * settings file beside it. No other package of this house sees Pekko's classes.
 */
@NullMarked
package dev.skein.cli.cluster;

import org.jspecify.annotations.NullMarked;
