/**
 * What a figure depends on beside the code: the memory of the process, what the machine's memory
 * can read, who else was using its processors, and on which machine and commit it all happened.
 */
@NullMarked
package dev.skein.bench.machine;

import org.jspecify.annotations.NullMarked;
