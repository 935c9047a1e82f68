// What the processor has and the system saves at a change of threads.
#define _GNU_SOURCE
#include "skein.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { YMM = 0x6, ZMM = 0xe6, TILES = 0x60000 };  // parts of the state that the system saves (XCR0)
enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };

static int has(uint32_t word, int bit) { return word >> bit & 1; }

static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

EXPORT int32_t skein_abi(void) { return SKEIN_ABI; }

EXPORT int32_t skein_features(void) {
  uint32_t a, b, c, d, b7, c7, d7;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) return 0;
  const int fma = has(c, 12), osxsave = has(c, 27), avx = has(c, 28), f16c = has(c, 29);
  if (!osxsave) return 0;
  const uint64_t state = saved_state();

  if (!(fma && avx && f16c && has(b7, 5) && (state & YMM) == YMM)) return 0;
  int32_t features = SKEIN_AVX2;

  const int avx512 = has(b7, 16) && has(b7, 17) && has(b7, 30) && has(b7, 31);  // F, DQ, BW, VL
  if (!(avx512 && has(c7, 11) && (state & ZMM) == ZMM)) return features;
  features |= SKEIN_VNNI;

  const int amx = has(d7, 24) && has(d7, 25);  // tiles, 8-bit integers
  if (amx && (state & TILES) == TILES && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0) features |= SKEIN_AMX;
  return features;
}
