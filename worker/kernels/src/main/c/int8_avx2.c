// Int8Matrix with AVX2: bytes are widened to 16 bits, whose products are added in pairs, exactly (the instruction for bytes
// would saturate).
#include <immintrin.h>

#include "product.h"

// Four columns of four rows.
TARGET_AVX2 INLINE __m256i widen(const int8_t *at) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)at)); }

// Sums of two columns each of eight rows -> sums of eight rows.
TARGET_AVX2 INLINE __m256i fold(__m256i a, __m256i b) { return _mm256_permute4x64_epi64(_mm256_hadd_epi32(a, b), 0xd8); }

TARGET_AVX2 static void row(const product *p, int64_t panel, int64_t t) {
  const int64_t quads = quads_of(p->columns);
  const int8_t *w = p->weights + panel * quads * 64, *x = plane_row(p, t);
  __m256i high[4], low[4];
  for (int i = 0; i < 4; i++) high[i] = low[i] = _mm256_setzero_si256();
  for (int64_t q = 0; q < quads; q++, w += 64) {
    const int8_t *at = x + q / 16 * 2048 + q % 16 * 4;
    const __m256i hi = _mm256_cvtepi8_epi16(_mm_set1_epi32(word(at)));
    const __m256i lo = _mm256_cvtepu8_epi16(_mm_set1_epi32(word(at + 1024)));
    for (int i = 0; i < 4; i++) {
      const __m256i v = widen(w + 16 * i);
      high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(v, hi));
      low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(v, lo));
    }
  }
  float y[PANEL];
  for (int i = 0; i < 2; i++) {
    const __m256 h = _mm256_cvtepi32_ps(fold(high[2 * i], high[2 * i + 1]));
    const __m256 l = _mm256_cvtepi32_ps(fold(low[2 * i], low[2 * i + 1]));
    const __m256 row_scales = _mm256_loadu_ps(p->row_scales + panel * PANEL + 8 * i);
    const __m256 scale = _mm256_mul_ps(row_scales, _mm256_set1_ps(p->scales[t]));
    _mm256_storeu_ps(y + 8 * i, _mm256_mul_ps(_mm256_fmadd_ps(h, _mm256_set1_ps(256), l), scale));
  }
  memcpy(p->y + t * p->stride + panel * PANEL, y, (size_t)rows_of(p, panel) * sizeof(float));
}

void int8_avx2(const product *p) {
  for (int64_t panel = p->from; panel < p->to; panel++)
    for (int64_t t = 0; t < p->count; t++) row(p, panel, t);
}
