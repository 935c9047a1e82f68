// FloatMatrix and HalfMatrix: a lane is a row of the matrix, and every lane adds up its columns in their order with fused
// multiply-adds, so that neither the instruction set nor the number of rows shows in the result.
#include <immintrin.h>

#include "product.h"

typedef struct {
  const char *weights;
  int64_t rows, columns, panel_bytes;
  const float *x;
  int64_t xstride;
  float *y;
  int64_t stride;
} float_product;

INLINE int64_t bytes_of(int32_t type) { return type == SKEIN_FP32 ? 4 : 2; }

INLINE int64_t rows_left(const float_product *p, int64_t panel) {
  const int64_t left = p->rows - panel * PANEL;
  return left < PANEL ? left : PANEL;
}

// ---- AVX-512: sixteen rows are a register

TARGET_AVX512 INLINE __m512 load_avx512(const char *at, const int32_t type) {
  if (type == SKEIN_FP32) return _mm512_loadu_ps(at);
  const __m256i half = _mm256_loadu_si256((const __m256i *)at);
  if (type == SKEIN_FP16) return _mm512_cvtph_ps(half);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

// T rows of activations times P panels.
TARGET_AVX512 INLINE void tile_avx512(const float_product *p, int64_t panel, int64_t t, const int32_t type, const int T,
                                      const int P) {
  __m512 sums[8][4];
  for (int i = 0; i < T; i++)
    for (int j = 0; j < P; j++) sums[i][j] = _mm512_setzero_ps();
  const char *w = p->weights + panel * p->panel_bytes;
  const float *x = p->x + t * p->xstride;
  for (int64_t k = 0; k < p->columns; k++, w += PANEL * bytes_of(type)) {
    __m512 v[4];
    for (int j = 0; j < P; j++) v[j] = load_avx512(w + j * p->panel_bytes, type);
    for (int i = 0; i < T; i++)
      for (int j = 0; j < P; j++) sums[i][j] = _mm512_fmadd_ps(v[j], _mm512_set1_ps(x[i * p->xstride + k]), sums[i][j]);
  }
  for (int i = 0; i < T; i++)
    for (int j = 0; j < P; j++)
      _mm512_mask_storeu_ps(p->y + (t + i) * p->stride + (panel + j) * PANEL,
                            (__mmask16)(0xffff >> (16 - rows_left(p, panel + j))), sums[i][j]);
}

// ---- AVX2: sixteen rows are two registers

TARGET_AVX2 INLINE __m256 load_avx2(const char *at, const int32_t type) {
  if (type == SKEIN_FP32) return _mm256_loadu_ps((const float *)(const void *)at);
  const __m128i half = _mm_loadu_si128((const __m128i *)at);
  if (type == SKEIN_FP16) return _mm256_cvtph_ps(half);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

TARGET_AVX2 INLINE void tile_avx2(const float_product *p, int64_t panel, int64_t t, const int32_t type, const int T,
                                  const int P) {
  __m256 sums[4][8];
  for (int i = 0; i < T; i++)
    for (int j = 0; j < 2 * P; j++) sums[i][j] = _mm256_setzero_ps();
  const char *w = p->weights + panel * p->panel_bytes;
  const float *x = p->x + t * p->xstride;
  for (int64_t k = 0; k < p->columns; k++, w += PANEL * bytes_of(type)) {
    for (int j = 0; j < 2 * P; j++) {
      const __m256 v = load_avx2(w + j / 2 * p->panel_bytes + j % 2 * 8 * bytes_of(type), type);
      for (int i = 0; i < T; i++) sums[i][j] = _mm256_fmadd_ps(v, _mm256_set1_ps(x[i * p->xstride + k]), sums[i][j]);
    }
  }
  for (int i = 0; i < T; i++)
    for (int j = 0; j < P; j++) {
      float y[PANEL];
      _mm256_storeu_ps(y, sums[i][2 * j]);
      _mm256_storeu_ps(y + 8, sums[i][2 * j + 1]);
      memcpy(p->y + (t + i) * p->stride + (panel + j) * PANEL, y, (size_t)rows_left(p, panel + j) * sizeof(float));
    }
}

// ---- every shape of tiles is a function, whose sums are registers

typedef void (*tile_function)(const float_product *, int64_t, int64_t);
#define TILE_OF(SET, TARGET, NAME, TYPE, T, P)                                                    \
  TARGET static void SET##_##NAME##_##T##x##P(const float_product *p, int64_t panel, int64_t t) { \
    tile_##SET(p, panel, t, TYPE, T, P);                                                          \
  }
#define TILES_OF(SET, TARGET, NAME, TYPE, ...)                                                                          \
  TILE_OF(SET, TARGET, NAME, TYPE, 1, 1) TILE_OF(SET, TARGET, NAME, TYPE, 1, 4) TILE_OF(SET, TARGET, NAME, TYPE, 4, 1) \
  static const tile_function SET##_##NAME[] = {SET##_##NAME##_1x1, SET##_##NAME##_1x4, SET##_##NAME##_4x1, __VA_ARGS__};
#define WIDE_OF(NAME, TYPE)                                                                              \
  TILE_OF(avx512, TARGET_AVX512, NAME, TYPE, 4, 4) TILE_OF(avx512, TARGET_AVX512, NAME, TYPE, 8, 1)       \
  TILES_OF(avx512, TARGET_AVX512, NAME, TYPE, avx512_##NAME##_4x4, avx512_##NAME##_8x1)
WIDE_OF(fp32, SKEIN_FP32) WIDE_OF(bf16, SKEIN_BF16) WIDE_OF(fp16, SKEIN_FP16)
TILES_OF(avx2, TARGET_AVX2, fp32, SKEIN_FP32, 0, 0)
TILES_OF(avx2, TARGET_AVX2, bf16, SKEIN_BF16, 0, 0)
TILES_OF(avx2, TARGET_AVX2, fp16, SKEIN_FP16, 0, 0)
enum { ONE = 0, ONE_BY_FOUR = 1, FOUR_BY_ONE = 2, FOUR_BY_FOUR = 3, EIGHT_BY_ONE = 4 };
static const tile_function *const avx512[] = {avx512_fp32, avx512_bf16, avx512_fp16};
static const tile_function *const avx2[] = {avx2_fp32, avx2_bf16, avx2_fp16};

// Four panels at once where they are there: four streams from memory, where one alone would wait.
static void four_panels(const tile_function *tiles, const float_product *p, int64_t panel, int64_t count) {
  int64_t t = 0;
  for (; t + 4 <= count; t += 4) {
    if (tiles[FOUR_BY_FOUR])
      tiles[FOUR_BY_FOUR](p, panel, t);
    else
      for (int64_t i = 0; i < 4; i++) tiles[FOUR_BY_ONE](p, panel + i, t);
  }
  for (; t < count; t++) tiles[ONE_BY_FOUR](p, panel, t);
}

EXPORT void skein_float(int32_t set, int32_t type, const void *image, int64_t rows, int64_t columns, const float *x,
                        int64_t xstride, float *y, int64_t stride, int64_t count, int64_t from, int64_t to) {
  const float_product p = {image, rows, columns, columns * PANEL * bytes_of(type), x, xstride, y, stride};
  const tile_function *tiles = (set >= SKEIN_VNNI ? avx512 : avx2)[type];
  int64_t panel = from;
  for (; panel + 4 <= to; panel += 4) four_panels(tiles, &p, panel, count);
  for (; panel < to; panel++) {
    int64_t t = 0;
    if (tiles[EIGHT_BY_ONE]) // of one panel, fewer rows would each wait for their own last sum
      for (; t + 8 <= count; t += 8) tiles[EIGHT_BY_ONE](&p, panel, t);
    for (; t + 4 <= count; t += 4) tiles[FOUR_BY_ONE](&p, panel, t);
    for (; t < count; t++) tiles[ONE](&p, panel, t);
  }
}
