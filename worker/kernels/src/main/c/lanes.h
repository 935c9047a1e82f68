// Sixteen floats and what is done with them, for the instruction set that the including file compiles for: LANES_512 says
// whether that is AVX-512 or AVX2. The same operations in the same order as dev.skein.kernels.ScalarMath, so the same bits.
// Included once for each instruction set, with V_ and FUNCTION defined for it; no include guard.

#if LANES_512

typedef __m512 V;

FUNCTION V V_(load)(const float *p) { return _mm512_loadu_ps(p); }
FUNCTION void V_(store)(float *p, V x) { _mm512_storeu_ps(p, x); }
FUNCTION V V_(all)(float x) { return _mm512_set1_ps(x); }
FUNCTION V V_(add)(V x, V y) { return _mm512_add_ps(x, y); }
FUNCTION V V_(sub)(V x, V y) { return _mm512_sub_ps(x, y); }
FUNCTION V V_(mul)(V x, V y) { return _mm512_mul_ps(x, y); }
FUNCTION V V_(div)(V x, V y) { return _mm512_div_ps(x, y); }
FUNCTION V V_(fma)(V x, V y, V z) { return _mm512_fmadd_ps(x, y, z); }
// If x is NaN or both are zeros, they give x.
FUNCTION V V_(least)(float a, V x) { return _mm512_max_ps(_mm512_set1_ps(a), x); }
FUNCTION V V_(most)(float a, V x) { return _mm512_min_ps(_mm512_set1_ps(a), x); }

FUNCTION V V_(flip)(V x) { return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f)); }
FUNCTION V V_(size)(V x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x); }

// Java's Math.max.
FUNCTION V V_(max)(V x, V y) {
  V greater = _mm512_and_ps(_mm512_max_ps(x, y), _mm512_max_ps(y, x));
  return _mm512_mask_add_ps(greater, _mm512_cmp_ps_mask(x, y, _CMP_UNORD_Q), x, y);
}

// Where size < limit small, elsewhere large with the sign of x.
FUNCTION V V_(choose)(V size, float limit, V small, V large, V x) {
  V sign = _mm512_and_ps(x, _mm512_set1_ps(-0.0f));
  return _mm512_mask_mov_ps(_mm512_or_ps(large, sign), _mm512_cmp_ps_mask(size, _mm512_set1_ps(limit), _CMP_LT_OQ), small);
}

// x 2^n, n being what the bits of rounded are more than those of ROUND; in two factors, for subnormal results.
FUNCTION V V_(scale)(V x, V rounded) {
  __m512i power = _mm512_sub_epi32(_mm512_castps_si512(rounded), _mm512_set1_epi32(ROUND_BITS));
  __m512i half = _mm512_srai_epi32(power, 1), bias = _mm512_set1_epi32(127);
  V first = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(half, bias), 23));
  V second = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_sub_epi32(power, half), bias), 23));
  return _mm512_mul_ps(_mm512_mul_ps(x, first), second);
}

// Bits of the lanes that are at least that.
FUNCTION uint32_t V_(reach)(V x, float least) { return _mm512_cmp_ps_mask(x, _mm512_set1_ps(least), _CMP_GE_OQ); }

// Writes the lanes that are found one after another, and what number they have counted from first, if indices is not 0. May
// overwrite sixteen elements. Returns how many are found.
FUNCTION int V_(squeeze)(V x, uint32_t found, int32_t first, int32_t *indices, float *kept) {
  V_(store)(kept, _mm512_maskz_compress_ps((__mmask16)found, x));
  if (indices) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i numbers = _mm512_add_epi32(_mm512_set1_epi32(first), lanes);
    _mm512_storeu_si512(indices, _mm512_maskz_compress_epi32((__mmask16)found, numbers));
  }
  return __builtin_popcount(found);
}

#else

typedef struct {
  __m256 a, b;
} V;

FUNCTION V V_(load)(const float *p) { return (V){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
FUNCTION void V_(store)(float *p, V x) { _mm256_storeu_ps(p, x.a), _mm256_storeu_ps(p + 8, x.b); }
FUNCTION V V_(all)(float x) { return (V){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
FUNCTION V V_(add)(V x, V y) { return (V){_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
FUNCTION V V_(sub)(V x, V y) { return (V){_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
FUNCTION V V_(mul)(V x, V y) { return (V){_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
FUNCTION V V_(div)(V x, V y) { return (V){_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
FUNCTION V V_(fma)(V x, V y, V z) { return (V){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
// If x is NaN or both are zeros, they give x.
FUNCTION V V_(least)(float a, V x) {
  return (V){_mm256_max_ps(_mm256_set1_ps(a), x.a), _mm256_max_ps(_mm256_set1_ps(a), x.b)};
}
FUNCTION V V_(most)(float a, V x) {
  return (V){_mm256_min_ps(_mm256_set1_ps(a), x.a), _mm256_min_ps(_mm256_set1_ps(a), x.b)};
}

FUNCTION V V_(flip)(V x) {
  __m256 sign = _mm256_set1_ps(-0.0f);
  return (V){_mm256_xor_ps(x.a, sign), _mm256_xor_ps(x.b, sign)};
}

FUNCTION V V_(size)(V x) {
  __m256 sign = _mm256_set1_ps(-0.0f);
  return (V){_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}

FUNCTION __m256 V_(max_half)(__m256 x, __m256 y) {
  __m256 greater = _mm256_and_ps(_mm256_max_ps(x, y), _mm256_max_ps(y, x));
  return _mm256_blendv_ps(greater, _mm256_add_ps(x, y), _mm256_cmp_ps(x, y, _CMP_UNORD_Q));
}

// Java's Math.max.
FUNCTION V V_(max)(V x, V y) { return (V){V_(max_half)(x.a, y.a), V_(max_half)(x.b, y.b)}; }

FUNCTION __m256 V_(choose_half)(__m256 size, __m256 limit, __m256 small, __m256 large, __m256 x) {
  __m256 sign = _mm256_and_ps(x, _mm256_set1_ps(-0.0f));
  return _mm256_blendv_ps(_mm256_or_ps(large, sign), small, _mm256_cmp_ps(size, limit, _CMP_LT_OQ));
}

// Where size < limit small, elsewhere large with the sign of x.
FUNCTION V V_(choose)(V size, float limit, V small, V large, V x) {
  __m256 l = _mm256_set1_ps(limit);
  return (V){V_(choose_half)(size.a, l, small.a, large.a, x.a), V_(choose_half)(size.b, l, small.b, large.b, x.b)};
}

FUNCTION __m256 V_(scale_half)(__m256 x, __m256 rounded) {
  __m256i power = _mm256_sub_epi32(_mm256_castps_si256(rounded), _mm256_set1_epi32(ROUND_BITS));
  __m256i half = _mm256_srai_epi32(power, 1), bias = _mm256_set1_epi32(127);
  __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  __m256 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(power, half), bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(x, first), second);
}

// x 2^n, n being what the bits of rounded are more than those of ROUND; in two factors, for subnormal results.
FUNCTION V V_(scale)(V x, V rounded) { return (V){V_(scale_half)(x.a, rounded.a), V_(scale_half)(x.b, rounded.b)}; }

// Bits of the lanes that are at least that.
FUNCTION uint32_t V_(reach)(V x, float least) {
  __m256 l = _mm256_set1_ps(least);
  return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x.a, l, _CMP_GE_OQ)) |
         (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x.b, l, _CMP_GE_OQ)) << 8;
}

// Writes the lanes that are found one after another, and what number they have counted from first, if indices is not 0.
// Returns how many are found.
FUNCTION int V_(squeeze)(V x, uint32_t found, int32_t first, int32_t *indices, float *kept) {
  float lanes[16];
  V_(store)(lanes, x);
  int count = 0;
  for (; found; found &= found - 1) {
    const int lane = __builtin_ctz(found);
    if (indices) indices[count] = first + lane;
    kept[count++] = lanes[lane];
  }
  return count;
}

#endif

// The first n of sixteen floats; the others are fill.
FUNCTION V V_(some)(const float *p, int n, float fill) {
  if (n >= 16) return V_(load)(p);
  float part[16];
  for (int i = 0; i < 16; i++) part[i] = i < n ? p[i] : fill;
  return V_(load)(part);
}

FUNCTION void V_(put)(float *p, V x, int n) {
  if (n >= 16) {
    V_(store)(p, x);
    return;
  }
  float part[16];
  V_(store)(part, x);
  for (int i = 0; i < n; i++) p[i] = part[i];
}

// The balanced tree of neighbours.
FUNCTION float V_(tree)(V x) {
  float s[16];
  V_(store)(s, x);
  for (int width = 16; width > 1; width /= 2)
    for (int i = 0; i < width / 2; i++) s[i] = s[2 * i] + s[2 * i + 1];
  return s[0];
}

FUNCTION V V_(exp)(V x) {
  V c = V_(most)(EXP_MAX, V_(least)(EXP_MIN, x));
  V rounded = V_(fma)(c, V_(all)(LOG2_E), V_(all)(ROUND));
  V n = V_(sub)(rounded, V_(all)(ROUND));
  V r = V_(fma)(n, V_(all)(-LN2_LOW), V_(fma)(n, V_(all)(-LN2_HIGH), c));
  V p = V_(fma)(V_(all)(E5), r, V_(all)(E4));
  p = V_(fma)(p, r, V_(all)(E3));
  p = V_(fma)(p, r, V_(all)(E2));
  p = V_(fma)(p, r, V_(all)(E1));
  p = V_(fma)(p, r, V_(all)(E0));
  return V_(scale)(V_(add)(V_(fma)(p, V_(mul)(r, r), r), V_(all)(1)), rounded);
}

FUNCTION V V_(sigmoid)(V x) { return V_(div)(V_(all)(1), V_(add)(V_(all)(1), V_(exp)(V_(flip)(x)))); }

FUNCTION V V_(tanh)(V x) {
  V size = V_(size)(x), z = V_(mul)(x, x);
  V p = V_(fma)(V_(all)(T4), z, V_(all)(T3));
  p = V_(fma)(p, z, V_(all)(T2));
  p = V_(fma)(p, z, V_(all)(T1));
  p = V_(fma)(p, z, V_(all)(T0));
  V small = V_(fma)(V_(mul)(p, z), x, x);
  V large = V_(sub)(V_(all)(1), V_(div)(V_(all)(2), V_(add)(V_(exp)(V_(add)(size, size)), V_(all)(1))));
  return V_(choose)(size, TANH_SMALL, small, large, x);
}
