/**
 * What lies around a model's weights: the folder they are published in, its {@code config.json} (of
 * ours: name, chat template, sampling; of Hugging Face: what the weights must agree with), the
 * choice of the tokenizer among the vocabularies that lie about, and the fingerprint that says
 * which model a state belongs to. A folder's files are named in its configuration by plain names; a
 * name that leaves the folder is refused.
 */
@NullMarked
package dev.skein.model.bundle;

import org.jspecify.annotations.NullMarked;
