/**
 * The {@code skein} command. {@link dev.skein.cli.Main} parses the line and turns every failure
 * into one sentence on stderr and an exit code (0 done, 1 failed, 2 wrong usage). The rooms below
 * hold one technology each: {@code kafka} the embedded broker and plain clients, {@code cluster}
 * the Pekko system of the process, {@code serve} the assembly of broker, worker and router, {@code
 * engine} the commands that need no cluster, {@code demo} and {@code chat} what their names say.
 * Standard output belongs to this house alone; no other one prints.
 */
@NullMarked
package dev.skein.cli;

import org.jspecify.annotations.NullMarked;
