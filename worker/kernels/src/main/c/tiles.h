// AMX tiles: eight of 16 rows of 64 bytes. Sums of 16 x 16 ints are in 0..3, activations in 4 and 5, weights in 6 and 7.
#pragma once

#include <immintrin.h>

#include "product.h"

typedef struct {
  uint8_t palette, start, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} tile_shapes;

// Static: some compilers believe that the instruction reads only its first bytes, and optimise a local one away.
static const tile_shapes all_full __attribute__((aligned(64))) = {
    .palette = 1, .bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

TARGET_AMX INLINE void tiles_begin(void) {
  __asm__ volatile("" ::: "memory");  // loads of tiles do not tell the compiler that they read memory
  _tile_loadconfig(&all_full);
}

TARGET_AMX INLINE void sums_load(const int32_t *from) {
  if (from) {
    _tile_loadd(0, from, 64);
    _tile_loadd(1, from + 256, 64);
    _tile_loadd(2, from + 512, 64);
    _tile_loadd(3, from + 768, 64);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
}

TARGET_AMX INLINE void sums_store(int32_t *to) {
  _tile_stored(0, to, 64);
  _tile_stored(1, to + 256, 64);
  _tile_stored(2, to + 512, 64);
  _tile_stored(3, to + 768, 64);
}
