/**
 * What lies around a model's weights: the folder they are published in, its {@code config.json}
 * (name, chat template, sampling), the vocabulary beside them, and the fingerprint that says which
 * model a state belongs to. A folder's files are named in its configuration by plain names; a name
 * that leaves the folder is refused.
 */
@NullMarked
package dev.skein.model.bundle;

import org.jspecify.annotations.NullMarked;
