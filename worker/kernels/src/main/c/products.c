// Chooses the function of an instruction set.
#include "product.h"

// Rows of activations from which on tiles are faster than dot products.
enum { MIN_TILE_ROWS = 5 };

EXPORT void skein_int8(int32_t set, const int8_t *image, int64_t rows, int64_t columns, const int8_t *planes,
                       const float *scales, const int32_t *biases, float *y, int64_t stride, int64_t count, int64_t from,
                       int64_t to) {
  const int64_t panels = (rows + PANEL - 1) / PANEL;
  const float *row_scales = (const float *)(const void *)(image + panels * quads_of(columns) * 64);
  const product p = {image, row_scales, rows, columns, planes, scales, biases, y, stride, count, from, to};
  if (set < SKEIN_VNNI)
    int8_avx2(&p);
  else if (set < SKEIN_AMX || count < MIN_TILE_ROWS)
    int8_vnni(&p);
  else
    int8_amx(&p);
}

EXPORT void skein_int4(int32_t set, const uint8_t *image, int64_t rows, int64_t columns, const int8_t *planes,
                       const float *scales, const int32_t *biases, float *y, int64_t stride, int64_t count, int64_t from,
                       int64_t to) {
  const int64_t panels = (rows + PANEL - 1) / PANEL;
  const float *row_scales = (const float *)(const void *)(image + panels * groups_of(columns) * (PANEL * GROUP / 2 + PANEL));
  const product p = {(const int8_t *)image, row_scales, rows, columns, planes, scales, biases, y, stride, count, from, to};
  if (set < SKEIN_VNNI)
    int4_avx2(&p);
  else if (set < SKEIN_AMX || count < MIN_TILE_ROWS)
    int4_vnni(&p);
  else
    int4_amx(&p);
}
