// The dot product of bytes.
#pragma once

#include <immintrin.h>

#include "skein.h"

// Sixteen sums of four products of unsigned and signed bytes. As an instruction and not as the intrinsic: some compilers copy
// every sum before and after that, which halves the speed.
TARGET_AVX512 INLINE __m512i dot(__m512i sum, __m512i u, __m512i s) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
  return sum;
}
