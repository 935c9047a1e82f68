// Int4Matrix with AVX-512 VNNI. Of each line of 64 bytes the lower and the upper halves of the bytes are 16 rows of 4 columns
// each. For lo, which is unsigned, the weights are signed; for hi they are w + 8, unsigned, and the sum of a group begins with
// what that adds too much. A group's sum times its scale is an int of at most 2^30, of which the upper part and the lower
// twelve bits are added up apart.
#include <immintrin.h>

#include "product.h"
#include "vnni.h"

enum { SPLIT = 12, GROUP_BYTES = PANEL * GROUP / 2 };

typedef struct {
  __m512i upper, lower;
} sums;

TARGET_AVX512 INLINE void add(sums *s, __m512i group, __m512i scale) {
  const __m512i product = _mm512_mullo_epi32(group, scale);
  s->upper = _mm512_add_epi32(s->upper, _mm512_srai_epi32(product, SPLIT));
  s->lower = _mm512_add_epi32(s->lower, _mm512_and_si512(product, _mm512_set1_epi32((1 << SPLIT) - 1)));
}

TARGET_AVX512 INLINE __m256 rounded(__m256i upper, __m256i lower) {
  const __m512i high = _mm512_slli_epi64(_mm512_cvtepi32_epi64(upper), SPLIT);
  return _mm512_cvtepi64_ps(_mm512_add_epi64(high, _mm512_cvtepi32_epi64(lower)));
}

TARGET_AVX512 INLINE void finish(const product *p, int64_t panel, int64_t t, const sums *s) {
  const __m256 a = rounded(_mm512_castsi512_si256(s->upper), _mm512_castsi512_si256(s->lower));
  const __m256 b = rounded(_mm512_extracti64x4_epi64(s->upper, 1), _mm512_extracti64x4_epi64(s->lower, 1));
  const __m512 sum = _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1);
  const __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(p->row_scales + panel * PANEL), _mm512_set1_ps(p->scales[t]));
  _mm512_mask_storeu_ps(p->y + t * p->stride + panel * PANEL, mask_of(p, panel), _mm512_mul_ps(sum, scale));
}

// T rows of activations times P panels.
TARGET_AVX512 INLINE void rows(const product *p, int64_t panel, int64_t t, const int T, const int P) {
  const int64_t groups = groups_of(p->columns), panels = (p->rows + PANEL - 1) / PANEL;
  const int8_t *w = p->weights + panel * groups * GROUP_BYTES;
  const int8_t *scales = p->weights + panels * groups * GROUP_BYTES + panel * groups * PANEL;
  const __m512i low = _mm512_set1_epi8(15), eight = _mm512_set1_epi8(8);
  sums total[4][2];
  const int8_t *x[4];
  const int32_t *biases[4];
  for (int i = 0; i < T; i++) {
    for (int j = 0; j < P; j++) total[i][j] = (sums){_mm512_setzero_si512(), _mm512_setzero_si512()};
    x[i] = plane_row(p, t + i);
    biases[i] = p->biases + (t + i) * 2 * blocks_of(p->columns);
  }
  for (int64_t g = 0; g < groups; g++, w += GROUP_BYTES, scales += PANEL) {
    __m512i h[4][2], l[4][2];
    for (int i = 0; i < T; i++)
      for (int j = 0; j < P; j++) {
        h[i][j] = _mm512_set1_epi32(biases[i][g]);
        l[i][j] = _mm512_setzero_si512();
      }
    const int64_t column = g / 2 * 2048 + g % 2 * GROUP;
    for (int quarter = 0; quarter < 4; quarter++)
      for (int j = 0; j < P; j++) {
        const int8_t *line = w + j * groups * GROUP_BYTES + quarter * 64;
        const __m512i both = _mm512_loadu_si512(line);
        if (T == 1) _mm_prefetch((const char *)line + P * groups * GROUP_BYTES, _MM_HINT_T1);  // of the next panels
        for (int half = 0; half < 2; half++) {
          const __m512i nibbles = half ? _mm512_srli_epi32(both, 4) : both;
          const __m512i u = _mm512_ternarylogic_epi32(nibbles, low, eight, 0x6a);  // (nibbles & low) ^ eight
          const __m512i v = _mm512_sub_epi8(u, eight);
          for (int i = 0; i < T; i++) {
            const int8_t *at = x[i] + column + quarter * 8 + half * 4;
            h[i][j] = dot(h[i][j], u, _mm512_set1_epi32(word(at)));
            l[i][j] = dot(l[i][j], _mm512_set1_epi32(word(at + 1024)), v);
          }
        }
      }
    for (int j = 0; j < P; j++) {
      const __m512i scale = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(scales + j * groups * PANEL)));
      for (int i = 0; i < T; i++)
        add(&total[i][j], _mm512_add_epi32(_mm512_slli_epi32(h[i][j], 8), l[i][j]), scale);
    }
  }
  for (int i = 0; i < T; i++)
    for (int j = 0; j < P; j++) finish(p, panel + j, t + i, &total[i][j]);
}

#define ROWS(T, P) \
  TARGET_AVX512 static void rows##T##x##P(const product *p, int64_t panel, int64_t t) { rows(p, panel, t, T, P); }
ROWS(1, 1) ROWS(1, 2) ROWS(2, 1) ROWS(4, 1)

void int4_vnni(const product *p) {
  int64_t panel = p->from;
  if (p->count == 1)
    for (; panel + 2 <= p->to; panel += 2) rows1x2(p, panel, 0);
  for (; panel < p->to; panel++) {
    int64_t t = 0;
    for (; t + 4 <= p->count; t += 4) rows4x1(p, panel, t);
    for (; t + 2 <= p->count; t += 2) rows2x1(p, panel, t);
    for (; t < p->count; t++) rows1x1(p, panel, t);
  }
}
