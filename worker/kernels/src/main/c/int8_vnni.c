// Int8Matrix with AVX-512 VNNI, for few rows of activations: two panels of weights stream by, each line of 64 bytes (16 rows
// of 4 columns) read once. The dot product takes unsigned times signed bytes: lo is unsigned as it is; for hi the weights
// become unsigned, w + 128, and the sum begins with what that adds too much, -128 times the sum of hi. Six rows of activations
// at a time: their sums, four lines of weights and what is multiplied are 31 registers.
#include <immintrin.h>

#include "product.h"
#include "vnni.h"

enum { TILE_ROWS = 6 };

typedef struct {
  const int8_t *w0, *w1;  // two panels
  const int8_t *next;     // two panels that come after them
  int64_t panel, pair;    // the first panel, and how many there are: 1 or 2
} pair;

TARGET_AVX512 INLINE void finish(const product *p, const pair *w, int i, int64_t t, __m512i high, __m512i low) {
  const int64_t panel = w->panel + i;
  const __mmask16 mask = mask_of(p, panel);
  const __m512 scale =
      _mm512_mul_ps(_mm512_loadu_ps(p->row_scales + panel * PANEL), _mm512_set1_ps(p->scales[t]));
  const __m512 sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_set1_ps(256), _mm512_cvtepi32_ps(low));
  _mm512_mask_storeu_ps(p->y + t * p->stride + panel * PANEL, mask, _mm512_mul_ps(sum, scale));
}

// Rows t .. t + T; into L2, the same place of the next pair.
TARGET_AVX512 INLINE void rows(const product *p, const pair *w, int64_t t, const int T, const int prefetch) {
  __m512i high[TILE_ROWS][2], low[TILE_ROWS][2];
  const int8_t *x[TILE_ROWS];
  const int64_t quads = quads_of(p->columns), size = quads * 64;
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  for (int i = 0; i < T; i++) {
    const int32_t *biases = p->biases + (t + i) * 2 * blocks_of(p->columns);
    int32_t bias = 0;
    for (int64_t g = 0; g < groups_of(p->columns); g++) bias += 16 * biases[g];
    high[i][0] = high[i][1] = _mm512_set1_epi32(bias);
    low[i][0] = low[i][1] = _mm512_setzero_si512();
    x[i] = plane_row(p, t + i);
  }
  const int8_t *w0 = w->w0, *w1 = w->w1, *n0 = w->next, *n1 = w->next + size;
  for (int64_t block = 0; block < quads; block += 16) {
    const int64_t end = quads - block < 16 ? quads - block : 16;
    for (int64_t q = 0; q < end; q++, w0 += 64, w1 += 64, n0 += 64, n1 += 64) {
      const __m512i a = _mm512_loadu_si512(w0), b = _mm512_loadu_si512(w1);
      const __m512i ua = _mm512_xor_si512(a, flip), ub = _mm512_xor_si512(b, flip);
      if (prefetch) {
        _mm_prefetch((const char *)n0, _MM_HINT_T1);
        _mm_prefetch((const char *)n1, _MM_HINT_T1);
      }
      for (int i = 0; i < T; i++) {
        const __m512i hi = _mm512_set1_epi32(word(x[i] + q * 4)), lo = _mm512_set1_epi32(word(x[i] + 1024 + q * 4));
        high[i][0] = dot(high[i][0], ua, hi);
        high[i][1] = dot(high[i][1], ub, hi);
        low[i][0] = dot(low[i][0], lo, a);
        low[i][1] = dot(low[i][1], lo, b);
      }
    }
    for (int i = 0; i < T; i++) x[i] += 2048;
  }
  for (int i = 0; i < T; i++) {
    finish(p, w, 0, t + i, high[i][0], low[i][0]);
    if (w->pair == 2) finish(p, w, 1, t + i, high[i][1], low[i][1]);
  }
}

#define ROWS(T)                                                                                               \
  TARGET_AVX512 static void rows##T(const product *p, const pair *w, int64_t t) { rows(p, w, t, T, 0); }         \
  TARGET_AVX512 static void leading##T(const product *p, const pair *w, int64_t t) { rows(p, w, t, T, 1); }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)
typedef void (*rows_function)(const product *, const pair *, int64_t);
static const rows_function functions[2][TILE_ROWS] = {{rows1, rows2, rows3, rows4, rows5, rows6},
                                                      {leading1, leading2, leading3, leading4, leading5, leading6}};

void int8_vnni(const product *p) {
  const int64_t size = quads_of(p->columns) * 64;
  for (int64_t panel = p->from; panel < p->to; panel += 2) {
    pair w = {p->weights + panel * size, 0, 0, panel, p->to - panel < 2 ? 1 : 2};
    w.w1 = w.pair == 2 ? w.w0 + size : w.w0;
    w.next = w.w0 + 2 * size;
    for (int64_t t = 0; t < p->count; t += TILE_ROWS) {
      const int64_t n = p->count - t < TILE_ROWS ? p->count - t : TILE_ROWS;
      functions[t == 0][n - 1](p, &w, t);
    }
  }
}
