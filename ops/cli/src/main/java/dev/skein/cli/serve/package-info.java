/**
 * A Skein that stays up in one process: {@link dev.skein.cli.serve.SkeinProcess} puts broker,
 * model, worker and router together in the order in which they need each other and takes them apart
 * in the reverse one; {@link dev.skein.cli.serve.OpsServer} answers health checks and metrics;
 * {@link dev.skein.cli.serve.UpCommand} is the command.
 */
@NullMarked
package dev.skein.cli.serve;

import org.jspecify.annotations.NullMarked;
