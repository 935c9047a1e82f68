// A product of quantised activations, as the functions for each instruction set get it.
#pragma once

#include <string.h>

#include "skein.h"

typedef struct {
  const int8_t *weights;
  const float *row_scales;  // of the matrix, filled up to whole panels
  int64_t rows, columns;
  const int8_t *planes;
  const float *scales;  // of the activations
  const int32_t *biases;
  float *y;
  int64_t stride, count, from, to;
} product;

INLINE int64_t blocks_of(int64_t columns) { return (columns + BLOCK - 1) / BLOCK; }
INLINE int64_t groups_of(int64_t columns) { return (columns + GROUP - 1) / GROUP; }
INLINE int64_t quads_of(int64_t columns) { return (columns + 3) / 4; }

// The hi plane of a row; its lo plane is 1024 bytes further; the next block of columns 2048 bytes.
INLINE const int8_t *plane_row(const product *p, int64_t row) {
  return p->planes + row / 16 * blocks_of(p->columns) * 2048 + row % 16 * 64;
}

// How many of the sixteen rows of a panel there are.
INLINE int64_t rows_of(const product *p, int64_t panel) {
  const int64_t left = p->rows - panel * PANEL;
  return left < PANEL ? left : PANEL;
}
INLINE uint16_t mask_of(const product *p, int64_t panel) { return (uint16_t)(0xffff >> (16 - rows_of(p, panel))); }

INLINE int32_t word(const void *at) {
  int32_t value;
  memcpy(&value, at, 4);
  return value;
}

void int8_amx(const product *p);
void int8_vnni(const product *p);
void int8_avx2(const product *p);
void int4_amx(const product *p);
void int4_vnni(const product *p);
void int4_avx2(const product *p);
