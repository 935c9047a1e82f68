// Int4Matrix with AVX2: weights widened to 16 bits times whole activations, whose products are added in pairs, exactly.
#include <immintrin.h>

#include "product.h"

enum { SPLIT = 12, GROUP_BYTES = PANEL * GROUP / 2 };

// Four columns of an activation, 256 hi + lo, for each of four rows.
TARGET_AVX2 INLINE __m256i whole(const int8_t *hi) {
  const __m128i high = _mm_cvtsi32_si128(word(hi)), low = _mm_cvtsi32_si128(word(hi + 1024));
  return _mm256_broadcastq_epi64(_mm_unpacklo_epi8(low, high));
}

// The lower or upper halves of 32 bytes, with their signs.
TARGET_AVX2 INLINE __m256i nibbles(__m256i both, const int half) {
  const __m256i n = _mm256_and_si256(half ? _mm256_srli_epi32(both, 4) : both, _mm256_set1_epi8(15));
  return _mm256_sub_epi8(_mm256_xor_si256(n, _mm256_set1_epi8(8)), _mm256_set1_epi8(8));
}

// The sums of a group for sixteen rows.
TARGET_AVX2 INLINE void group(const int8_t *w, const int8_t *x, __m256i out[2]) {
  __m256i s[4];
  for (int i = 0; i < 4; i++) s[i] = _mm256_setzero_si256();
  for (int quarter = 0; quarter < 4; quarter++)
    for (int half = 0; half < 2; half++) {
      const __m256i v = whole(x + quarter * 8 + half * 4);
      for (int i = 0; i < 2; i++) {
        const __m256i line = _mm256_loadu_si256((const __m256i *)(w + quarter * 64 + i * 32));
        const __m256i q = nibbles(line, half);
        const __m256i a = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(q));
        const __m256i b = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(q, 1));
        s[2 * i] = _mm256_add_epi32(s[2 * i], _mm256_madd_epi16(a, v));
        s[2 * i + 1] = _mm256_add_epi32(s[2 * i + 1], _mm256_madd_epi16(b, v));
      }
    }
  for (int i = 0; i < 2; i++) out[i] = _mm256_permute4x64_epi64(_mm256_hadd_epi32(s[2 * i], s[2 * i + 1]), 0xd8);
}

TARGET_AVX2 static void row(const product *p, int64_t panel, int64_t t) {
  const int64_t groups = groups_of(p->columns), panels = (p->rows + PANEL - 1) / PANEL;
  const int8_t *w = p->weights + panel * groups * GROUP_BYTES;
  const int8_t *scales = p->weights + panels * groups * GROUP_BYTES + panel * groups * PANEL;
  const int8_t *x = plane_row(p, t);
  __m256i upper[2], lower[2];
  for (int i = 0; i < 2; i++) upper[i] = lower[i] = _mm256_setzero_si256();
  for (int64_t g = 0; g < groups; g++) {
    __m256i sum[2];
    group(w + g * GROUP_BYTES, x + g / 2 * 2048 + g % 2 * GROUP, sum);
    for (int i = 0; i < 2; i++) {
      const __m128i eight = _mm_loadl_epi64((const __m128i *)(scales + g * PANEL + 8 * i));
      const __m256i product = _mm256_mullo_epi32(sum[i], _mm256_cvtepi8_epi32(eight));
      upper[i] = _mm256_add_epi32(upper[i], _mm256_srai_epi32(product, SPLIT));
      lower[i] = _mm256_add_epi32(lower[i], _mm256_and_si256(product, _mm256_set1_epi32((1 << SPLIT) - 1)));
    }
  }
  int32_t high[PANEL], low[PANEL];
  for (int i = 0; i < 2; i++) {
    _mm256_storeu_si256((__m256i *)(high + 8 * i), upper[i]);
    _mm256_storeu_si256((__m256i *)(low + 8 * i), lower[i]);
  }
  float *y = p->y + t * p->stride + panel * PANEL;
  for (int64_t i = 0; i < rows_of(p, panel); i++) {
    const int64_t sum = (int64_t)high[i] * (1 << SPLIT) + low[i];
    y[i] = (float)sum * (p->row_scales[panel * PANEL + i] * p->scales[t]);
  }
}

void int4_avx2(const product *p) {
  for (int64_t panel = p->from; panel < p->to; panel++)
    for (int64_t t = 0; t < p->count; t++) row(p, panel, t);
}
