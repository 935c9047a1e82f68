package dev.skein.model;

/** What the blocks of a version need for a step beside the residual stream, allocated once. */
sealed interface BlockSpace permits Space7 {}
