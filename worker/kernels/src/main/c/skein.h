// The functions that Java calls (dev.skein.kernels.NativeLibrary). None of them allocates, keeps anything, or throws; all
// may be called from any thread. Whoever changes the meaning or the arguments of a function raises SKEIN_ABI, here and there.
#pragma once

#include <stdint.h>

#define SKEIN_ABI 1

#define EXPORT __attribute__((visibility("default")))

// What the processor and the system allow: bits of skein_features.
enum {
  SKEIN_AVX2 = 1,  // AVX2, FMA and F16C
  SKEIN_VNNI = 2,  // AVX-512 F, BW, DQ, VL and VNNI
  SKEIN_AMX = 4,   // AMX with 8-bit integers, granted by the system; implies the above
};

EXPORT int32_t skein_abi(void);

// Asks the system for AMX, for all threads of the process.
EXPORT int32_t skein_features(void);
