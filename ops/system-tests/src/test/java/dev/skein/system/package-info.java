/**
 * Tests of the whole: of the tree of files ({@code tidy}), of the borders between the houses, of
 * the documentation's commands, and of real processes started by the launcher. What concerns one
 * house alone is tested there.
 */
@NullMarked
package dev.skein.system;

import org.jspecify.annotations.NullMarked;
