// Every product of every instruction set that this machine has, against plain loops, bit by bit, at awkward sizes. All memory
// ends at a page that may not be touched, so that a byte too much, even one that a sanitizer does not see (a tile, a masked
// vector), ends the program. Prints a line for each instruction set; exits with 1 at the first difference.
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../main/c/product.h"

static uint64_t seed = 1;
static uint32_t draw(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33);
}
static float uniform(void) { return (float)(int32_t)(draw() << 1) * 0x1p-31f; }

// ---- memory that ends at a forbidden page

typedef struct {
  char *map;
  size_t bytes;
  void *at;
} guarded;

static guarded allocate(size_t bytes, size_t alignment) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
  char *map = mmap(0, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED || mprotect(map + whole, page, PROT_NONE)) exit(2);
  memset(map, 0x5a, whole);
  return (guarded){map, whole + page, map + (whole - bytes) / alignment * alignment};
}
static void release(guarded g) { munmap(g.map, g.bytes); }

// ---- the plain loops

typedef struct {
  int64_t rows, columns, count;
} shape;

static int64_t panels_of(const shape *s) { return (s->rows + PANEL - 1) / PANEL; }

static int whole(const int8_t *planes, int64_t columns, int64_t t, int64_t k, int *hi, int *lo) {
  const int8_t *at = planes + t / 16 * blocks_of(columns) * 2048 + k / 64 * 2048 + t % 16 * 64 + k % 64;
  *hi = at[0];
  *lo = (uint8_t)at[1024];
  return *hi * 256 + *lo;
}

static float plain_int8(const shape *s, const int8_t *w, const int8_t *planes, float scale, int64_t t, int64_t n) {
  int64_t high = 0, low = 0;
  const float *row_scales = (const float *)(const void *)(w + panels_of(s) * quads_of(s->columns) * 64);
  for (int64_t k = 0; k < s->columns; k++) {
    int hi, lo;
    whole(planes, s->columns, t, k, &hi, &lo);
    const int weight = w[n / 16 * quads_of(s->columns) * 64 + k / 4 * 64 + n % 16 * 4 + k % 4];
    high += hi * weight;
    low += lo * weight;
  }
  return fmaf((float)high, 256, (float)low) * (row_scales[n] * scale);
}

static float plain_int4(const shape *s, const int8_t *w, const int8_t *planes, float scale, int64_t t, int64_t n) {
  const int64_t groups = groups_of(s->columns), panel = n / 16;
  const int8_t *group_scales = w + panels_of(s) * groups * 256;
  const float *row_scales = (const float *)(const void *)(group_scales + panels_of(s) * groups * 16);
  int64_t sum = 0;
  for (int64_t k = 0; k < s->columns; k++) {
    int hi, lo;
    const int byte = w[(panel * groups + k / 32) * 256 + k % 32 / 8 * 64 + n % 16 * 4 + k % 4];
    const int nibble = k % 8 < 4 ? byte & 15 : byte >> 4 & 15;
    const int weight = nibble < 8 ? nibble : nibble - 16;
    sum += (int64_t)group_scales[(panel * groups + k / 32) * 16 + n % 16] * weight *
           whole(planes, s->columns, t, k, &hi, &lo);
  }
  return (float)sum * (row_scales[n] * scale);
}

static float half(uint16_t bits) {  // finite
  const float sign = bits >> 15 ? -1.0f : 1.0f;
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (!exponent) return sign * (float)fraction * 0x1p-24f;
  return sign * (float)(1024 + fraction) * (float)(1 << exponent) * 0x1p-25f;
}

static float weight_of(const shape *s, const void *w, int type, int64_t n, int64_t k) {
  const int64_t at = (n / 16 * s->columns + k) * 16 + n % 16;
  if (type == SKEIN_FP32) return ((const float *)w)[at];
  const uint16_t bits = ((const uint16_t *)w)[at];
  if (type == SKEIN_FP16) return half(bits);
  const uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

static float plain_float(const shape *s, const void *w, int type, const float *x, int64_t n) {
  float sum = 0;
  for (int64_t k = 0; k < s->columns; k++) sum = fmaf(weight_of(s, w, type, n, k), x[k], sum);
  return sum;
}

// ---- the comparisons

static int same(float a, float b) { return memcmp(&a, &b, 4) == 0 || (isnan(a) && isnan(b)); }

static void differ(const char *what, int set, const shape *s, int64_t t, int64_t n, float is, float should) {
  printf("%s, set %d, %ld x %ld, row %ld of %ld, output %ld: %a, should be %a\n", what, set, (long)s->rows,
         (long)s->columns, (long)t, (long)s->count, (long)n, is, should);
  exit(1);
}

typedef struct {
  guarded x, planes, scales, biases;
  int64_t stride;
} activations;

static activations draw_activations(const shape *s) {
  const int64_t blocks = blocks_of(s->columns);
  activations a = {.stride = (s->columns + 15) / 16 * 16};
  a.x = allocate((size_t)((s->count - 1) * a.stride + s->columns) * 4, 4);
  a.planes = allocate((size_t)((s->count + 15) / 16 * blocks) * 2048, 64);
  a.scales = allocate((size_t)s->count * 4, 4);
  a.biases = allocate((size_t)(s->count * blocks) * 8, 4);
  float *x = a.x.at;
  for (int64_t t = 0; t < s->count; t++)
    for (int64_t k = 0; k < s->columns; k++) {
      const float value = uniform();
      x[t * a.stride + k] = t % 7 == 3 ? (k % 2 ? -1 : 1) : t % 7 == 4 ? value * 1e-42f : k % 37 ? value : value * 20;
    }
  if (s->count > 5) x[s->columns - 1] = NAN, x[a.stride] = -INFINITY, memset(x + 2 * a.stride, 0, (size_t)s->columns * 4);
  return a;
}

static void check_quantised(int set, const shape *s, const activations *a) {
  skein_quantize(set, a->x.at, a->stride, 0, s->count, s->columns, a->planes.at, a->scales.at, a->biases.at);
  for (int64_t t = 0; t < s->count; t++) {
    const float *x = (const float *)a->x.at + t * a->stride;
    float max = 0;
    int finite = 1;
    for (int64_t k = 0; k < s->columns; k++) {
      finite &= isfinite(x[k]) != 0;
      max = fmaxf(max, fabsf(x[k]));
    }
    const float factor = !finite || max < 1e-30f ? 0 : 32767 / max;
    const float scale = !finite ? NAN : max < 1e-30f ? 0 : max / 32767;
    if (!same(((float *)a->scales.at)[t], scale)) differ("scale", set, s, t, 0, ((float *)a->scales.at)[t], scale);
    int32_t sums[2 * 2048] = {0};
    for (int64_t k = 0; k < blocks_of(s->columns) * BLOCK; k++) {
      int hi, lo;
      const int is = whole(a->planes.at, s->columns, t, k, &hi, &lo);
      const int should = finite && k < s->columns ? (int)rintf(x[k] * factor) : 0;
      if (is != should) differ("quantised", set, s, t, k, (float)is, (float)should);
      sums[k / GROUP] -= 8 * hi;
    }
    for (int64_t g = 0; g < 2 * blocks_of(s->columns); g++) {
      const int32_t is = ((int32_t *)a->biases.at)[t * 2 * blocks_of(s->columns) + g];
      if (is != sums[g]) differ("bias", set, s, t, g, (float)is, (float)sums[g]);
    }
  }
}

enum { INT8 = 3, INT4 = 4 };  // beside the types of skein_float
static const char *const names[] = {"fp32", "bf16", "fp16", "int8", "int4"};

static guarded draw_image(const shape *s, int type, int extreme) {
  const int64_t panels = panels_of(s), n = panels * PANEL * s->columns;
  size_t bytes = type == SKEIN_FP32 ? (size_t)n * 4 : (size_t)n * 2, scales = 0;
  if (type == INT8) scales = (size_t)(panels * quads_of(s->columns)) * 64, bytes = scales + (size_t)panels * 65;
  if (type == INT4) scales = (size_t)(panels * groups_of(s->columns)) * 272, bytes = scales + (size_t)panels * 64;
  guarded g = allocate(bytes, 4);
  for (size_t i = 0; i < bytes; i++) ((uint8_t *)g.at)[i] = extreme ? 0x80 : (uint8_t)(draw() >> 8);
  if (type == INT4 && extreme) memset(g.at, 0x88, (size_t)(panels * groups_of(s->columns)) * 256);
  for (int64_t i = 0; i < panels * PANEL && scales; i++) ((float *)(void *)((char *)g.at + scales))[i] = uniform();
  for (int64_t i = 0; i < n && type == SKEIN_FP32; i++) ((float *)g.at)[i] = uniform();
  for (int64_t i = 0; i < n && type == SKEIN_FP16; i++) ((uint16_t *)g.at)[i] &= 0xbfff;  // finite
  for (int64_t i = 0; i < n && type == SKEIN_BF16; i++)
    ((uint16_t *)g.at)[i] = (uint16_t)((draw() & 0x8000) | (0x3f80 - draw() % 1024));
  return g;
}

static void check_product(int set, const shape *s, const activations *a, int type, int parts, int extreme) {
  const guarded image = draw_image(s, type, extreme);
  const int64_t stride = panels_of(s) * PANEL;
  const guarded out = allocate((size_t)((s->count - 1) * stride + s->rows) * 4, type == INT8 && parts == 1 ? 64 : 4);
  float *y = out.at;
  memset(y, 0x5a, (size_t)((s->count - 1) * stride + s->rows) * 4);
  const float untouched = y[0];
  for (int part = 0; part < parts; part++) {
    const int64_t from = panels_of(s) * part / parts, to = panels_of(s) * (part + 1) / parts;
    if (type == INT8)
      skein_int8(set, image.at, s->rows, s->columns, a->planes.at, a->scales.at, a->biases.at, y, stride, s->count, from, to);
    else if (type == INT4)
      skein_int4(set, image.at, s->rows, s->columns, a->planes.at, a->scales.at, a->biases.at, y, stride, s->count, from, to);
    else
      skein_float(set, type, image.at, s->rows, s->columns, a->x.at, a->stride, y, stride, s->count, from, to);
  }
  for (int64_t t = 0; t < s->count; t++) {
    const float scale = ((float *)a->scales.at)[t];
    for (int64_t n = 0; n < (t == s->count - 1 ? s->rows : stride); n++) {
      const float should = n >= s->rows   ? untouched
                           : type == INT8 ? plain_int8(s, image.at, a->planes.at, scale, t, n)
                           : type == INT4 ? plain_int4(s, image.at, a->planes.at, scale, t, n)
                                          : plain_float(s, image.at, type, (const float *)a->x.at + t * a->stride, n);
      if (!same(y[t * stride + n], should)) differ(names[type], set, s, t, n, y[t * stride + n], should);
    }
  }
  release(image);
  release(out);
}

static void check(int set, const shape *s, int types, int parts) {
  const activations a = draw_activations(s);
  check_quantised(set, s, &a);
  for (int type = 0; type <= INT4; type++)
    if (types >> type & 1) check_product(set, s, &a, type, parts, (int)(s->columns % 3 == 0 && type >= INT8));
  release(a.x);
  release(a.planes);
  release(a.scales);
  release(a.biases);
}

int main(void) {
  static const int64_t sizes[][2] = {{1, 1},   {3, 7},    {15, 16},  {16, 15},   {17, 33},   {31, 64},  {33, 129}, {40, 513},
                                     {64, 96}, {48, 160}, {80, 200}, {33, 1537}, {50, 1700}, {20, 4096}};
  static const int64_t counts[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 64};
  const int features = skein_features();
  for (int set = SKEIN_AVX2; set <= SKEIN_AMX; set *= 2) {
    if (!(features & set)) continue;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
        if (sizes[i][0] * sizes[i][1] * counts[j] < 250000)
          check(set, &(shape){sizes[i][0], sizes[i][1], counts[j]}, 0x1f, 1 + (int)(i + j) % 3);
    if (set == SKEIN_AMX) {
      check(set, &(shape){16416, 64, 49}, 1 << INT8, 1);  // results that go past the caches
      check(set, &(shape){40, 1600, 350}, 1 << INT8, 2);  // columns in chunks, rows in passes
      check(set, &(shape){24, 700, 300}, 1 << INT4, 1);   // rows in passes
    }
    check(set, &(shape){16, 65793, 5}, 1 << INT8 | 1 << INT4, 1);  // the most columns, the largest sums
    printf("instruction set %d: all products have the bits of plain loops\n", set);
  }
  return 0;
}
