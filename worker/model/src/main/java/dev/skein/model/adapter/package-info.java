/**
 * Low-rank adapters (LoRA): a file of small factors that change a model's matrices, and perhaps
 * other tensors, without holding the model. An adapter is merged into the base model when weights
 * are read, so that everything behind (quantisation, fingerprint, arithmetic) sees one model.
 */
@NullMarked
package dev.skein.model.adapter;

import org.jspecify.annotations.NullMarked;
