/**
 * Reads what {@code torch.save} wrote, in its zip form and in the form of before 2020. The pickle
 * inside is read by an interpreter that knows four harmless constructors and cannot call anything;
 * every view must lie inside its storage.
 */
@NullMarked
package dev.skein.model.file.torch;

import org.jspecify.annotations.NullMarked;
