// The functions that Java calls (dev.skein.kernels.NativeLibrary). None of them allocates, keeps anything, or fails; all may
// be called from any thread. Whoever changes the meaning or the arguments of a function raises SKEIN_ABI, here and there.
// What a function computes is said by the Java class named with it; the plain Java of ScalarKernels is its meaning, bit by
// bit. No function reads or writes a byte outside of what its arguments describe.
#pragma once

#include <stdint.h>

#define SKEIN_ABI 5

#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))

// What functions are compiled for.
#define TARGET_AVX2 __attribute__((target("avx2,fma,f16c")))
#define TARGET_AVX512 __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define TARGET_AMX __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8")))

// What the processor and the system allow: bits of skein_features. The highest bit of a set is also what functions take as
// their instruction set.
enum {
  SKEIN_AVX2 = 1,  // AVX2, FMA and F16C
  SKEIN_VNNI = 2,  // AVX-512 F, BW, DQ, VL and VNNI
  SKEIN_AMX = 4,   // AMX with 8-bit integers, granted by the system; implies the above
};

EXPORT int32_t skein_abi(void);

// Asks the system for AMX, for all threads of the process.
EXPORT int32_t skein_features(void);

// ---- products

enum { PANEL = 16, BLOCK = 64, GROUP = 32 };  // rows of a panel of weights; columns of a block, and of a group, of activations

// Quantises rows from..to of x, `stride` floats apart, see Activations:
//   planes  int8[ceil(rows / 16)][blocks][hi, lo][16][64], blocks = ceil(columns / 64), filled up with zeros
//   scales  float[rows]
//   biases  int32[rows][2 * blocks]: -8 times the sum of hi over each group of 32 columns
EXPORT void skein_quantize(int32_t set, const float *x, int64_t stride, int64_t from, int64_t to, int64_t columns,
                           int8_t *planes, float *scales, int32_t *biases);

// y[t][n], `stride` floats apart, of activation rows t < count and the matrix rows n of panels from..to. The weights are an
// image of Int8Matrix or Int4Matrix.
EXPORT void skein_int8(int32_t set, const int8_t *image, int64_t rows, int64_t columns, const int8_t *planes,
                       const float *scales, const int32_t *biases, float *y, int64_t stride, int64_t count, int64_t from,
                       int64_t to);
EXPORT void skein_int4(int32_t set, const uint8_t *image, int64_t rows, int64_t columns, const int8_t *planes,
                       const float *scales, const int32_t *biases, float *y, int64_t stride, int64_t count, int64_t from,
                       int64_t to);

// The same for floats x, `xstride` apart, and an image of FloatMatrix or HalfMatrix.
enum { SKEIN_FP32 = 0, SKEIN_BF16 = 1, SKEIN_FP16 = 2 };
EXPORT void skein_float(int32_t set, int32_t type, const void *image, int64_t rows, int64_t columns, const float *x,
                        int64_t xstride, float *y, int64_t stride, int64_t count, int64_t from, int64_t to);

// ---- rows and recurrences

// Of rows with n elements, see Kernels: x += y; the norm; the token shift (change: 0, or added to the amount); element by
// element.
EXPORT void skein_add(int32_t set, float *x, const float *y, int32_t n);
EXPORT void skein_norm(int32_t set, const float *x, const float *weight, const float *bias, float eps, float *out, int32_t n);
EXPORT void skein_shift(int32_t set, const float *x, const float *previous, const float *amount, const float *change,
                        float *out, int32_t n);
EXPORT void skein_tanh(int32_t set, float *x, int32_t n);
EXPORT void skein_sigmoid(int32_t set, float *x, int32_t n);
EXPORT void skein_squared_relu(int32_t set, float *x, int32_t n);
EXPORT void skein_gate(int32_t set, float *x, const float *gate, int32_t n);

// Of arrays with n elements, see Kernels.
EXPORT void skein_exp(int32_t set, float *x, int64_t n);
EXPORT float skein_greatest(int32_t set, const float *x, int64_t n);
EXPORT double skein_weigh(int32_t set, const float *x, float greatest, float temperature, float *weights, int64_t n);
EXPORT double skein_sum(int32_t set, const float *x, int64_t n);
EXPORT int32_t skein_keep_between(int32_t set, const float *x, int64_t n, float least, float below, float *kept);
EXPORT int32_t skein_keep(int32_t set, const float *x, float least, int32_t *indices, float *kept, int64_t n);

// One head (RWKV-4: some channels) of the tokens start .. end of one session. Rows of tokens are stride floats apart, a
// head's columns are from .. from + n; of weights, too. The order of fields is that of dev.skein.kernels.NativeRecurrences.
struct skein_wkv4 {
  const float *r, *k, *v;
  float *y;
  const float *decay, *first;
  float *a, *b, *m;
  int64_t stride;
  int32_t start, end, from, n;
};

struct skein_wkv6 {
  const float *r;
  float *w;
  const float *k, *v, *g;  // g: 0 where there is no gate
  float *y;
  const float *decay, *first, *norm_weight, *norm_bias;
  float *state;
  int64_t stride;
  int32_t start, end, from, n;
  float eps;
  int32_t by_token;
};

struct skein_wkv7 {
  const float *r;
  float *w, *k, *v, *a;
  const float *g, *residual, *first_v;
  float *kk, *b, *y;
  const float *base_w, *base_a, *base_v, *removal, *key_rate, *bonus, *norm_weight, *norm_bias;  // base_v: 0 in the first layer
  float *state;
  const float *next;  // the state of whatever comes next, to be fetched meanwhile; or 0
  int64_t stride;
  int32_t start, end, from, n;
  float eps;
};

EXPORT void skein_wkv4(int32_t set, const struct skein_wkv4 *s);
EXPORT void skein_wkv6(int32_t set, const struct skein_wkv6 *s);
EXPORT void skein_wkv7(int32_t set, const struct skein_wkv7 *s);
