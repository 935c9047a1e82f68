// Int8Matrix with AMX: tiles of 16 rows of activations (hi and lo) times two panels of weights, 64 columns at a time.
//
// Order of the loops: pairs of panels, blocks of 16 rows, all columns. So a pair is read from memory once and then stays in
// the nearest caches, while activations stream past it. Two things are woven in between the tile instructions: the pair that
// comes next is brought into the second cache, each block of rows fetching a share of it; and the sums of the block before
// are turned into results, a row after every two products.
//
// Where a pair is large and there are many rows, the columns are taken in chunks, so that the weights of a chunk stay near;
// the sums, which are exact, wait in memory.
#include "tiles.h"

enum {
  TILE = 1024,                // bytes
  SUMS = 1024,                // ints of four tiles
  PLANES_MAX = 1 << 20,       // bytes of activations that stay in the second cache beside the weights
  ROWS_MAX = 512,             // rows of activations of a pass over the weights
  CHUNK = 12,                 // steps of 64 columns that are taken at a time where that pays
  CHUNKED_ROWS_MAX = 320,     // rows whose sums wait in memory then: PLANES_MAX / (2 * 2 * CHUNK * BLOCK) at most
  STREAMED_MIN = 3 << 20,     // bytes of results from which on they go past the caches
  LINES = 32,                 // of 64 bytes: two tiles of weights
};

// A block of rows whose results are still to be written.
typedef struct {
  const int32_t *sums;  // four tiles: hi of both panels, then lo of both
  float *y;
  const float *row_scales, *scales;
  int64_t stride, count;  // of rows
  int64_t row;            // the next
  __mmask16 left, right;  // which rows of the two panels there are
} pending;

// A pair of panels.
typedef struct {
  const int8_t *w0, *w1;
  const int8_t *rest0, *rest1;  // the last columns, if they do not fill a tile: filled up with zeros
  const int8_t *next;           // the pair that follows
  int64_t panel_bytes, panel;
  __mmask16 left, right;
} pair;

// The rows of activations of a pass.
typedef struct {
  const product *p;
  int64_t row, count;
} pass;

TARGET_AMX INLINE __m512 floats(const int32_t *at) { return _mm512_cvtepi32_ps(_mm512_load_si512(at)); }

TARGET_AMX INLINE void put(float *y, const int32_t *high, const float *row_scales, float x, __mmask16 mask,
                           const int streamed) {
  const __m512 sum = _mm512_fmadd_ps(floats(high), _mm512_set1_ps(256), floats(high + 512));
  const __m512 scale = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, row_scales), _mm512_set1_ps(x));
  if (streamed)
    _mm512_stream_ps(y, _mm512_mul_ps(sum, scale));
  else
    _mm512_mask_storeu_ps(y, mask, _mm512_mul_ps(sum, scale));
}

TARGET_AMX INLINE void finish_row(pending *b, const int streamed) {
  if (b->row < b->count) {
    const int64_t r = b->row++;
    float *y = b->y + r * b->stride;
    const int32_t *sums = b->sums + r * 16;
    put(y, sums, b->row_scales, b->scales[r], b->left, streamed);
    if (streamed || b->right) put(y + PANEL, sums + 256, b->row_scales + PANEL, b->scales[r], b->right, streamed);
  }
}

TARGET_AMX INLINE void finish(pending *b, const int streamed) {
  while (b->row < b->count) finish_row(b, streamed);
}

// Volatile: stays between the tile instructions where it is written.
INLINE void fetch(const int8_t *at) { __asm__ volatile("prefetcht1 %0" ::"m"(*at)); }

// A quarter of `lines` lines of a step, first of one panel, then of the other.
INLINE void fetch_quarter(const int8_t *at, int64_t panel_bytes, const int quarter, const int lines) {
  for (int i = quarter * lines / 4; i < (quarter + 1) * lines / 4; i++) fetch(at + i % 16 * 64 + i / 16 * panel_bytes);
}

TARGET_AMX INLINE void step(const int8_t *x, const int8_t *w0, const int8_t *w1, const int8_t *next, int64_t panel_bytes,
                            pending *b, const int lines, const int streamed) {
  _tile_stream_loadd(4, x, 64);
  _tile_loadd(6, w0, 64);
  fetch_quarter(next, panel_bytes, 0, lines);
  _tile_dpbssd(0, 4, 6);
  _tile_loadd(7, w1, 64);
  fetch_quarter(next, panel_bytes, 1, lines);
  _tile_dpbssd(1, 4, 7);
  finish_row(b, streamed);
  _tile_stream_loadd(5, x + TILE, 64);
  fetch_quarter(next, panel_bytes, 2, lines);
  _tile_dpbusd(2, 5, 6);
  fetch_quarter(next, panel_bytes, 3, lines);
  _tile_dpbusd(3, 5, 7);
  finish_row(b, streamed);
}

// All rows of a pass; each block of rows fetches `lines` lines a step of the next pair until that is there.
TARGET_AMX INLINE void pair_rows(const pass *s, const pair *w, int64_t chunk, int32_t *room, pending *b, const int lines,
                                 const int streamed) {
  const product *p = s->p;
  const int64_t steps = p->columns / BLOCK, blocks = blocks_of(p->columns);
  int32_t *waiting = room + 2 * SUMS;
  for (int64_t from = 0; from < blocks; from += chunk) {
    const int64_t to = blocks - from <= chunk ? steps : from + chunk;
    const int last = blocks - from <= chunk;
    int64_t fetched = 0;
    for (int64_t i = 0; i < s->count; i += 16, fetched += lines) {
      const int8_t *x = plane_row(p, s->row + i) + from * 2 * TILE;
      const int8_t *next = w->next + fetched % 16 * 64 + fetched / 16 * w->panel_bytes + from * TILE;
      int32_t *sums = waiting + i / 16 * SUMS;
      sums_load(from ? sums : 0);
      if (fetched < LINES)
        for (int64_t k = from; k < to; k++, x += 2 * TILE, next += TILE)
          step(x, w->w0 + k * TILE, w->w1 + k * TILE, next, w->panel_bytes, b, lines, streamed);
      else
        for (int64_t k = from; k < to; k++, x += 2 * TILE)
          step(x, w->w0 + k * TILE, w->w1 + k * TILE, next, w->panel_bytes, b, 0, streamed);
      if (!last) {
        sums_store(sums);
        continue;
      }
      if (steps < blocks) step(x, w->rest0, w->rest1, next, w->panel_bytes, b, 0, streamed);
      finish(b, streamed);
      int32_t *done = b->sums == room ? room + SUMS : room;
      sums_store(done);
      const int64_t t = s->row + i, n = w->panel * PANEL;
      *b = (pending){done,      p->y + t * p->stride + n, p->row_scales + n, p->scales + t, p->stride,
                     s->count - i < 16 ? s->count - i : 16, 0, w->left, w->right};
    }
  }
}

typedef void (*pair_function)(const pass *, const pair *, int64_t, int32_t *, pending *);
#define PAIR(NAME, LINES_EACH, STREAMED)                                                                             \
  TARGET_AMX static __attribute__((noinline)) void NAME(const pass *s, const pair *w, int64_t chunk, int32_t *room,   \
                                                        pending *b) {                                                \
    pair_rows(s, w, chunk, room, b, LINES_EACH, STREAMED);                                                           \
  }
PAIR(kept32, 32, 0) PAIR(kept16, 16, 0) PAIR(kept8, 8, 0) PAIR(kept4, 4, 0)
PAIR(streamed32, 32, 1) PAIR(streamed16, 16, 1) PAIR(streamed8, 8, 1) PAIR(streamed4, 4, 1)
static const pair_function functions[2][4] = {{kept32, kept16, kept8, kept4},
                                             {streamed32, streamed16, streamed8, streamed4}};

// The columns after the last whole tile of a panel.
INLINE const int8_t *rest_of(const product *p, const int8_t *panel, int8_t *room) {
  const int64_t whole = p->columns / BLOCK * TILE, bytes = quads_of(p->columns) * 64 - whole;
  memset(room + bytes, 0, (size_t)(TILE - bytes));
  memcpy(room, panel + whole, (size_t)bytes);
  return room;
}

TARGET_AMX static void pass_rows(const pass *s, int64_t chunk, int32_t *room) {
  const product *p = s->p;
  const int64_t blocks = (s->count + 15) / 16, size = quads_of(p->columns) * 64;
  const int share = blocks == 1 ? 0 : blocks < 4 ? 1 : blocks < 8 ? 2 : 3;
  const int past = s->count * p->rows * 4 > STREAMED_MIN && p->stride % 16 == 0 && (uintptr_t)p->y % 64 == 0;
  int8_t rest[2 * TILE] __attribute__((aligned(64)));
  pending b = {.count = 0};
  for (int64_t panel = p->from; panel < p->to; panel += 2) {
    const int two = p->to - panel > 1;
    pair w = {.w0 = p->weights + panel * size, .panel_bytes = size, .panel = panel, .left = mask_of(p, panel)};
    w.w1 = two ? w.w0 + size : w.w0;
    w.right = two ? mask_of(p, panel + 1) : 0;
    w.next = p->to - panel > 2 ? w.w0 + 2 * size : p->weights + p->from * size;
    if (p->columns % BLOCK) {
      w.rest0 = rest_of(p, w.w0, rest);
      w.rest1 = rest_of(p, w.w1, rest + TILE);
    }
    const int whole = w.left == 0xffff && w.right == 0xffff;
    if (past && !whole) finish(&b, 1);
    functions[past && whole][share](s, &w, chunk, room, &b);
    if (past && !whole) finish(&b, 0);
  }
  if (past)
    finish(&b, 1);
  else
    finish(&b, 0);
}

TARGET_AMX void int8_amx(const product *p) {
  int32_t room[(2 + CHUNKED_ROWS_MAX / 16) * SUMS] __attribute__((aligned(64)));  // two blocks, then sums that wait
  const int64_t blocks = blocks_of(p->columns);
  const int chunked = blocks > 2 * CHUNK;
  int64_t most = PLANES_MAX / (2 * BLOCK * blocks) / 64 * 64;
  most = most < 64 ? 64 : most > ROWS_MAX ? ROWS_MAX : most;
  tiles_begin();
  for (int64_t t = 0; t < p->count; t += most) {
    const pass s = {p, t, p->count - t < most ? p->count - t : most};
    pass_rows(&s, chunked && s.count > 32 ? CHUNK : blocks, room);
  }
  _tile_release();
  _mm_sfence();
}
