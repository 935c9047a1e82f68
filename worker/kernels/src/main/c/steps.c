// Rows and recurrences, compiled for AVX-512 and for AVX2 with FMA.
#include "skein.h"

#include <immintrin.h>

// As in dev.skein.kernels.ScalarMath.
#define LOG2_E 1.442695f
#define LN2_HIGH 0.6933594f
#define LN2_LOW (-0.00021219444f)
#define EXP_MIN (-104.0f)
#define EXP_MAX 89.0f
#define E5 0.00019875691f
#define E4 0.0013981999f
#define E3 0.008333452f
#define E2 0.041665796f
#define E1 0.16666666f
#define E0 0.5f
#define ROUND 12582912.0f
#define ROUND_BITS 0x4b400000
#define TANH_SMALL 0.625f
#define T4 (-0.0057049887f)
#define T3 0.020639088f
#define T2 (-0.053739715f)
#define T1 0.13331442f
#define T0 (-0.3333328f)
#define DECAY (-0.60653067f)
#define MIN_NORM 1e-12f

INLINE float root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

#define V V512
#define V_(name) name##_avx512
#define FUNCTION INLINE TARGET_AVX512
#define LANES_512 1
#define WIDTH 4  // vectors of a head that are in registers together
#include "lanes.h"
#include "steps.h"
#undef V
#undef V_
#undef FUNCTION
#undef LANES_512
#undef WIDTH

#define V V256
#define V_(name) name##_avx2
#define FUNCTION INLINE TARGET_AVX2
#define LANES_512 0
#define WIDTH 2
#include "lanes.h"
#include "steps.h"

// A function for both instruction sets and the choice between them: its parameters, and their names.
#define BOTH(name, parameters, ...)                                                            \
  TARGET_AVX512 static void name##_for_avx512 parameters { name##_avx512(__VA_ARGS__); }        \
  TARGET_AVX2 static void name##_for_avx2 parameters { name##_avx2(__VA_ARGS__); }
#define EITHER(name, ...)                  \
  if (set < SKEIN_VNNI)                    \
    name##_for_avx2(__VA_ARGS__);          \
  else                                     \
    name##_for_avx512(__VA_ARGS__)

BOTH(row_add, (float *x, const float *y, int32_t n), x, y, n)
EXPORT void skein_add(int32_t set, float *x, const float *y, int32_t n) { EITHER(row_add, x, y, n); }

BOTH(row_norm, (const float *x, const float *weight, const float *bias, float eps, float *out, int32_t n), x, weight, bias, eps,
     out, n)
EXPORT void skein_norm(int32_t set, const float *x, const float *weight, const float *bias, float eps, float *out, int32_t n) {
  EITHER(row_norm, x, weight, bias, eps, out, n);
}

BOTH(row_shift, (const float *x, const float *previous, const float *amount, const float *change, float *out, int32_t n), x,
     previous, amount, change, out, n)
EXPORT void skein_shift(int32_t set, const float *x, const float *previous, const float *amount, const float *change,
                        float *out, int32_t n) {
  EITHER(row_shift, x, previous, amount, change, out, n);
}

BOTH(row_tanh, (float *x, int32_t n), x, n)
EXPORT void skein_tanh(int32_t set, float *x, int32_t n) { EITHER(row_tanh, x, n); }

BOTH(row_sigmoid, (float *x, int32_t n), x, n)
EXPORT void skein_sigmoid(int32_t set, float *x, int32_t n) { EITHER(row_sigmoid, x, n); }

BOTH(row_squared_relu, (float *x, int32_t n), x, n)
EXPORT void skein_squared_relu(int32_t set, float *x, int32_t n) { EITHER(row_squared_relu, x, n); }

BOTH(row_gate, (float *x, const float *gate, int32_t n), x, gate, n)
EXPORT void skein_gate(int32_t set, float *x, const float *gate, int32_t n) { EITHER(row_gate, x, gate, n); }

BOTH(distribution_exp, (float *x, int64_t n), x, n)
EXPORT void skein_exp(int32_t set, float *x, int64_t n) { EITHER(distribution_exp, x, n); }

TARGET_AVX512 static float greatest_for_avx512(const float *x, int64_t n) { return distribution_greatest_avx512(x, n); }
TARGET_AVX2 static float greatest_for_avx2(const float *x, int64_t n) { return distribution_greatest_avx2(x, n); }
EXPORT float skein_greatest(int32_t set, const float *x, int64_t n) {
  return set < SKEIN_VNNI ? greatest_for_avx2(x, n) : greatest_for_avx512(x, n);
}

TARGET_AVX512 static double weigh_for_avx512(const float *x, float greatest, float temperature, float *weights, int64_t n) {
  return distribution_weigh_avx512(x, greatest, temperature, weights, n);
}
TARGET_AVX2 static double weigh_for_avx2(const float *x, float greatest, float temperature, float *weights, int64_t n) {
  return distribution_weigh_avx2(x, greatest, temperature, weights, n);
}
EXPORT double skein_weigh(int32_t set, const float *x, float greatest, float temperature, float *weights, int64_t n) {
  return set < SKEIN_VNNI ? weigh_for_avx2(x, greatest, temperature, weights, n)
                          : weigh_for_avx512(x, greatest, temperature, weights, n);
}

TARGET_AVX512 static double sum_for_avx512(const float *x, int64_t n) { return distribution_sum_avx512(x, n); }
TARGET_AVX2 static double sum_for_avx2(const float *x, int64_t n) { return distribution_sum_avx2(x, n); }
EXPORT double skein_sum(int32_t set, const float *x, int64_t n) {
  return set < SKEIN_VNNI ? sum_for_avx2(x, n) : sum_for_avx512(x, n);
}

TARGET_AVX512 static int32_t between_for_avx512(const float *x, int64_t n, float least, float below, float *kept) {
  return distribution_between_avx512(x, n, least, below, kept);
}
TARGET_AVX2 static int32_t between_for_avx2(const float *x, int64_t n, float least, float below, float *kept) {
  return distribution_between_avx2(x, n, least, below, kept);
}
EXPORT int32_t skein_keep_between(int32_t set, const float *x, int64_t n, float least, float below, float *kept) {
  return set < SKEIN_VNNI ? between_for_avx2(x, n, least, below, kept) : between_for_avx512(x, n, least, below, kept);
}

TARGET_AVX512 static int32_t keep_for_avx512(const float *x, float least, int32_t *indices, float *kept, int64_t n) {
  return distribution_keep_avx512(x, least, indices, kept, n);
}
TARGET_AVX2 static int32_t keep_for_avx2(const float *x, float least, int32_t *indices, float *kept, int64_t n) {
  return distribution_keep_avx2(x, least, indices, kept, n);
}
EXPORT int32_t skein_keep(int32_t set, const float *x, float least, int32_t *indices, float *kept, int64_t n) {
  return set < SKEIN_VNNI ? keep_for_avx2(x, least, indices, kept, n) : keep_for_avx512(x, least, indices, kept, n);
}

BOTH(wkv4, (const struct skein_wkv4 *s), s)
EXPORT void skein_wkv4(int32_t set, const struct skein_wkv4 *s) { EITHER(wkv4, s); }

BOTH(wkv6, (const struct skein_wkv6 *s), s)
EXPORT void skein_wkv6(int32_t set, const struct skein_wkv6 *s) { EITHER(wkv6, s); }

BOTH(wkv7, (const struct skein_wkv7 *s), s)
EXPORT void skein_wkv7(int32_t set, const struct skein_wkv7 *s) { EITHER(wkv7, s); }
