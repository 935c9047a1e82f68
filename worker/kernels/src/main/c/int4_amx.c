// Int4Matrix with AMX. A weight times the scale of its group is a whole number of eleven bits, 16 u + v with |u| <= 64 and
// 0 <= v < 16: two planes of bytes. So a product is four sums over all columns, hi and lo times u and v, without anything to
// do for each group. The planes of a panel are made for some columns at a time and serve all rows of activations.
#include "tiles.h"

enum {
  GROUP_BYTES = PANEL * GROUP / 2,
  TILE = 1024,
  SUMS = 1024,     // ints of four tiles
  CHUNK = 16,      // blocks of 64 columns whose weights are spread out at a time
  ROWS_MAX = 256,  // rows of activations of a pass over the weights
};

// Of 64 weights, four columns of 16 rows, times the scales of the rows: u and v.
TARGET_AVX512 INLINE void spread(__m512i nibbles, __m512i scales, int8_t *u, int8_t *v) {
  const __m512i q =
      _mm512_sub_epi8(_mm512_ternarylogic_epi32(nibbles, _mm512_set1_epi8(15), _mm512_set1_epi8(8), 0x6a), _mm512_set1_epi8(8));
  const __m512i even = _mm512_mullo_epi16(_mm512_srai_epi16(_mm512_slli_epi16(q, 8), 8), scales);
  const __m512i odd = _mm512_mullo_epi16(_mm512_srai_epi16(q, 8), scales);
  const __m512i bytes = _mm512_set1_epi16(255), low = _mm512_set1_epi16(15);
  const __m512i above = _mm512_and_si512(_mm512_srai_epi16(even, 4), bytes);
  _mm512_store_si512(u, _mm512_or_si512(above, _mm512_slli_epi16(_mm512_srai_epi16(odd, 4), 8)));
  const __m512i below = _mm512_and_si512(even, low);
  _mm512_store_si512(v, _mm512_or_si512(below, _mm512_slli_epi16(_mm512_and_si512(odd, low), 8)));
}

// Blocks from..to of a panel: u of a block, then its v.
TARGET_AVX512 static void spread_blocks(const product *p, int64_t panel, int64_t from, int64_t to, int8_t *out) {
  const int64_t groups = groups_of(p->columns), panels = (p->rows + PANEL - 1) / PANEL;
  const int8_t *w = p->weights + panel * groups * GROUP_BYTES;
  const int8_t *scales = p->weights + panels * groups * GROUP_BYTES + panel * groups * PANEL;
  for (int64_t g = 2 * from; g < 2 * to; g++) {
    int8_t *u = out + (g / 2 - from) * 2 * TILE + g % 2 * (TILE / 2);
    if (g == groups) {  // the second half of the last block
      memset(u, 0, TILE / 2);
      memset(u + TILE, 0, TILE / 2);
      return;
    }
    const __m512i wide = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(scales + g * PANEL)));
    const __m512i twice = _mm512_or_si512(_mm512_and_si512(wide, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32(wide, 16));
    for (int quarter = 0; quarter < 4; quarter++, u += 128) {
      const __m512i both = _mm512_loadu_si512(w + g * GROUP_BYTES + quarter * 64);
      spread(both, twice, u, u + TILE);
      spread(_mm512_srli_epi32(both, 4), twice, u + 64, u + TILE + 64);
    }
  }
}

TARGET_AMX INLINE void step(const int8_t *x, const int8_t *w) {
  _tile_stream_loadd(4, x, 64);
  _tile_loadd(6, w, 64);
  _tile_dpbssd(0, 4, 6);
  _tile_loadd(7, w + TILE, 64);
  _tile_dpbsud(1, 4, 7);
  _tile_stream_loadd(5, x + TILE, 64);
  _tile_dpbusd(2, 5, 6);
  _tile_dpbuud(3, 5, 7);
}

TARGET_AVX512 INLINE __m256 total(const int32_t *sums) {  // of eight rows
  const __m512i hu = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)sums));
  const __m512i hv = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(sums + 256)));
  const __m512i lu = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(sums + 512)));
  const __m512i lv = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(sums + 768)));
  const __m512i high = _mm512_add_epi64(_mm512_slli_epi64(hu, 4), hv);
  const __m512i low = _mm512_add_epi64(_mm512_slli_epi64(lu, 4), lv);
  return _mm512_cvtepi64_ps(_mm512_add_epi64(_mm512_slli_epi64(high, 8), low));
}

TARGET_AVX512 static void finish(const product *p, int64_t panel, int64_t t, int64_t count, const int32_t *sums) {
  const __m512 row_scales = _mm512_loadu_ps(p->row_scales + panel * PANEL);
  float *y = p->y + t * p->stride + panel * PANEL;
  for (int64_t i = 0; i < count; i++, y += p->stride, sums += 16) {
    const __m512 sum = _mm512_insertf32x8(_mm512_castps256_ps512(total(sums)), total(sums + 8), 1);
    const __m512 scale = _mm512_mul_ps(row_scales, _mm512_set1_ps(p->scales[t + i]));
    _mm512_mask_storeu_ps(y, mask_of(p, panel), _mm512_mul_ps(sum, scale));
  }
}

TARGET_AMX static void panel_rows(const product *p, int64_t panel, int64_t t, int64_t count) {
  int8_t weights[CHUNK * 2 * TILE] __attribute__((aligned(64)));
  int32_t sums[ROWS_MAX / 16 * SUMS] __attribute__((aligned(64)));
  const int64_t blocks = blocks_of(p->columns);
  for (int64_t from = 0; from < blocks; from += CHUNK) {
    const int64_t to = blocks - from < CHUNK ? blocks : from + CHUNK;
    spread_blocks(p, panel, from, to, weights);
    __asm__ volatile("" ::"r"(weights) : "memory");  // loads of tiles do not tell the compiler that they read memory
    for (int64_t i = 0; i < count; i += 16) {
      const int8_t *x = plane_row(p, t + i) + from * 2 * TILE;
      sums_load(from ? sums + i / 16 * SUMS : 0);
      for (int64_t k = 0; k < to - from; k++) step(x + k * 2 * TILE, weights + k * 2 * TILE);
      sums_store(sums + i / 16 * SUMS);
    }
  }
  for (int64_t i = 0; i < count; i += 16)
    finish(p, panel, t + i, count - i < 16 ? count - i : 16, sums + i / 16 * SUMS);
}

TARGET_AMX void int4_amx(const product *p) {
  tiles_begin();
  for (int64_t t = 0; t < p->count; t += ROWS_MAX)
    for (int64_t panel = p->from; panel < p->to; panel++)
      panel_rows(p, panel, t, p->count - t < ROWS_MAX ? p->count - t : ROWS_MAX);
  _tile_release();
}
