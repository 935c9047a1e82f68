// Activations as two planes of bytes: see Activations.
#include <immintrin.h>
#include <math.h>

#include "product.h"

enum { LARGEST_FINITE = 0x7f7fffff };

typedef struct {
  float factor, scale;
  int finite;
} step_size;

// Of the largest absolute value, given as bits: NaN and infinities are larger than all others.
INLINE step_size size_of(int32_t bits) {
  float max;
  memcpy(&max, &bits, 4);
  if (bits > LARGEST_FINITE) return (step_size){0, NAN, 0};
  if (max < 1e-30f) return (step_size){0, 0, 1};
  return (step_size){32767 / max, max / 32767, 1};
}

// ---- AVX-512

TARGET_AVX512 INLINE __mmask16 first(int64_t n) { return (__mmask16)(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1); }

TARGET_AVX512 INLINE __m512i bytes(__m512i a, __m512i b, __m512i c, __m512i d) {  // the low byte of each of 64 ints
  const __m512i v = _mm512_castsi128_si512(_mm512_cvtepi32_epi8(a));
  const __m512i w = _mm512_inserti32x4(v, _mm512_cvtepi32_epi8(b), 1);
  const __m512i x = _mm512_inserti32x4(w, _mm512_cvtepi32_epi8(c), 2);
  return _mm512_inserti32x4(x, _mm512_cvtepi32_epi8(d), 3);
}

TARGET_AVX512 INLINE int32_t largest_avx512(const float *x, int64_t columns) {
  const __m512i size = _mm512_set1_epi32(0x7fffffff);
  __m512i m0 = _mm512_setzero_si512(), m1 = m0;
  int64_t k = 0;
  for (; k + 32 <= columns; k += 32) {
    m0 = _mm512_max_epi32(m0, _mm512_and_si512(_mm512_loadu_si512(x + k), size));
    m1 = _mm512_max_epi32(m1, _mm512_and_si512(_mm512_loadu_si512(x + k + 16), size));
  }
  for (; k < columns; k += 16)
    m0 = _mm512_max_epi32(m0, _mm512_and_si512(_mm512_maskz_loadu_epi32(first(columns - k), x + k), size));
  return _mm512_reduce_max_epi32(_mm512_max_epi32(m0, m1));
}

TARGET_AVX512 INLINE __m512i whole_avx512(const float *x, int64_t left, __m512 factor) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(first(left), x), factor));
}

TARGET_AVX512 static void row_avx512(const float *x, int64_t columns, int8_t *out, float *scale, int32_t *biases) {
  const step_size size = size_of(largest_avx512(x, columns));
  *scale = size.scale;
  const __m512 factor = _mm512_set1_ps(size.factor);
  for (int64_t k = 0; k < columns; k += BLOCK, x += BLOCK, out += 2048) {
    __m512i q[4], h[4];
    for (int i = 0; i < 4; i++) {
      q[i] = size.finite ? whole_avx512(x + 16 * i, columns - k - 16 * i, factor) : _mm512_setzero_si512();
      h[i] = _mm512_srai_epi32(q[i], 8);
    }
    _mm512_storeu_si512(out, bytes(h[0], h[1], h[2], h[3]));
    _mm512_storeu_si512(out + 1024, bytes(q[0], q[1], q[2], q[3]));
    *biases++ = -8 * _mm512_reduce_add_epi32(_mm512_add_epi32(h[0], h[1]));
    *biases++ = -8 * _mm512_reduce_add_epi32(_mm512_add_epi32(h[2], h[3]));
  }
}

// ---- AVX2

TARGET_AVX2 INLINE __m256i rest_avx2(int64_t left) {
  const int32_t n = left > 8 ? 8 : (int32_t)left;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

TARGET_AVX2 INLINE int32_t largest_avx2(const float *x, int64_t columns) {
  __m256i max = _mm256_setzero_si256();
  for (int64_t k = 0; k < columns; k += 8) {
    const __m256i v = _mm256_maskload_epi32((const int *)(x + k), rest_avx2(columns - k));
    max = _mm256_max_epi32(max, _mm256_and_si256(v, _mm256_set1_epi32(0x7fffffff)));
  }
  int32_t lanes[8], largest = 0;
  _mm256_storeu_si256((__m256i *)lanes, max);
  for (int i = 0; i < 8; i++) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

TARGET_AVX2 static void row_avx2(const float *x, int64_t columns, int8_t *out, float *scale, int32_t *biases) {
  const step_size size = size_of(largest_avx2(x, columns));
  *scale = size.scale;
  for (int64_t k = 0; k < columns; k += GROUP, x += GROUP) {
    int32_t q[GROUP] = {0}, sum = 0;
    for (int i = 0; size.finite && i < GROUP && i < columns - k; i += 8) {
      const __m256 v = _mm256_maskload_ps(x + i, rest_avx2(columns - k - i));
      _mm256_storeu_si256((__m256i *)(q + i), _mm256_cvtps_epi32(_mm256_mul_ps(v, _mm256_set1_ps(size.factor))));
    }
    int8_t *to = out + k / BLOCK * 2048 + k % BLOCK;
    for (int i = 0; i < GROUP; i++) {
      to[i] = (int8_t)(q[i] >> 8);
      to[1024 + i] = (int8_t)(q[i] & 255);
      sum += q[i] >> 8;
    }
    *biases++ = -8 * sum;
  }
  if (groups_of(columns) % 2 == 1) {  // the second group of the last block
    int8_t *to = out + columns / BLOCK * 2048 + GROUP;
    memset(to, 0, GROUP);
    memset(to + 1024, 0, GROUP);
    *biases = 0;
  }
}

EXPORT void skein_quantize(int32_t set, const float *x, int64_t stride, int64_t from, int64_t to, int64_t columns,
                           int8_t *planes, float *scales, int32_t *biases) {
  const int64_t blocks = blocks_of(columns);
  for (int64_t t = from; t < to; t++) {
    int8_t *out = planes + t / 16 * blocks * 2048 + t % 16 * 64;
    if (set >= SKEIN_VNNI)
      row_avx512(x + t * stride, columns, out, scales + t, biases + t * 2 * blocks);
    else
      row_avx2(x + t * stride, columns, out, scales + t, biases + t * 2 * blocks);
  }
}
