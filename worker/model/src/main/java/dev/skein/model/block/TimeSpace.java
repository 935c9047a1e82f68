package dev.skein.model.block;

/** What the time mixes of a model need for a step beside the residual stream, allocated once. */
sealed interface TimeSpace permits Space4, Space6, Space7 {}
