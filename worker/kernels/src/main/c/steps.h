// Rows and recurrences for one instruction set; see dev.skein.kernels.Kernels for what they mean and ScalarKernels for the
// order of every operation. Included once for each instruction set, after lanes.h; no include guard.

// ---- rows

FUNCTION void V_(row_add)(float *x, const float *y, int32_t n) {
  for (int i = 0; i < n; i += 16) V_(put)(x + i, V_(add)(V_(some)(x + i, n - i, 0), V_(some)(y + i, n - i, 0)), n - i);
}

FUNCTION void V_(normalize)(const float *x, const float *weight, const float *bias, float eps, float *out, int n) {
  V sums = V_(all)(0), squares = sums;
  for (int i = 0; i < n; i += 16) sums = V_(add)(sums, V_(some)(x + i, n - i, 0));
  const float average = V_(tree)(sums) / n;
  const V mean = V_(all)(average);
  for (int i = 0; i < n; i += 16) {
    V d = V_(sub)(V_(some)(x + i, n - i, average), mean);
    squares = V_(fma)(d, d, squares);
  }
  const V inverse = V_(all)(1 / root(V_(tree)(squares) / n + eps));
  for (int i = 0; i < n; i += 16) {
    V scaled = V_(mul)(V_(sub)(V_(some)(x + i, n - i, 0), mean), inverse);
    V_(put)(out + i, V_(fma)(scaled, V_(some)(weight + i, n - i, 0), V_(some)(bias + i, n - i, 0)), n - i);
  }
}

FUNCTION void V_(row_norm)(const float *x, const float *weight, const float *bias, float eps, float *out, int32_t n) {
  V_(normalize)(x, weight, bias, eps, out, n);
}

FUNCTION void V_(row_shift)(
    const float *x, const float *previous, const float *amount, const float *change, float *out, int32_t n) {
  for (int i = 0; i < n; i += 16) {
    V own = V_(some)(x + i, n - i, 0), share = V_(some)(amount + i, n - i, 0);
    if (change) share = V_(add)(V_(some)(change + i, n - i, 0), share);
    V_(put)(out + i, V_(fma)(V_(sub)(V_(some)(previous + i, n - i, 0), own), share, own), n - i);
  }
}

// ---- element by element

FUNCTION void V_(row_tanh)(float *x, int32_t n) {
  for (int i = 0; i < n; i += 16) V_(put)(x + i, V_(tanh)(V_(some)(x + i, n - i, 0)), n - i);
}

FUNCTION void V_(row_sigmoid)(float *x, int32_t n) {
  for (int i = 0; i < n; i += 16) V_(put)(x + i, V_(sigmoid)(V_(some)(x + i, n - i, 0)), n - i);
}

FUNCTION void V_(row_squared_relu)(float *x, int32_t n) {
  for (int i = 0; i < n; i += 16) {
    V positive = V_(least)(0, V_(some)(x + i, n - i, 0));
    V_(put)(x + i, V_(mul)(positive, positive), n - i);
  }
}

FUNCTION void V_(row_gate)(float *x, const float *gate, int32_t n) {
  for (int i = 0; i < n; i += 16)
    V_(put)(x + i, V_(mul)(V_(some)(x + i, n - i, 0), V_(sigmoid)(V_(some)(gate + i, n - i, 0))), n - i);
}

// ---- distributions

FUNCTION void V_(distribution_exp)(float *x, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) {
    const int left = n - i < 16 ? (int)(n - i) : 16;
    V_(put)(x + i, V_(exp)(V_(some)(x + i, left, 0)), left);
  }
}

FUNCTION float V_(distribution_greatest)(const float *x, int64_t n) {
  V most = V_(all)(-__builtin_inff()), second = most, third = most, fourth = most;
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    most = V_(max)(most, V_(load)(x + i));
    second = V_(max)(second, V_(load)(x + i + 16));
    third = V_(max)(third, V_(load)(x + i + 32));
    fourth = V_(max)(fourth, V_(load)(x + i + 48));
  }
  most = V_(max)(V_(max)(most, second), V_(max)(third, fourth));
  for (; i + 16 <= n; i += 16) most = V_(max)(most, V_(load)(x + i));
  if (i < n) most = V_(max)(most, V_(some)(x + i, (int)(n - i), -__builtin_inff()));
  float lanes[16];
  V_(store)(lanes, most);
  for (int width = 8; width > 0; width /= 2)
    for (int l = 0; l < width; l++) {
      const float a = lanes[l], b = lanes[l + width];
      lanes[l] = a != a || a > b ? a : b != b || b > a ? b : a == 0 ? a + b : a;  // of two zeros +0, if one is
    }
  return lanes[0];
}

FUNCTION double V_(tree_of_doubles)(double *sums) {
  for (int width = 8; width > 0; width /= 2)
    for (int l = 0; l < width; l++) sums[l] = sums[2 * l] + sums[2 * l + 1];
  return sums[0];
}

FUNCTION double V_(distribution_sum)(const float *x, int64_t n) {
  double sums[16] = {0};
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int l = 0; l < 16; l++) sums[l] += x[i + l];
  for (int l = 0; l < n - i; l++) sums[l] += x[i + l];
  return V_(tree_of_doubles)(sums);
}

FUNCTION double V_(distribution_weigh)(const float *x, float greatest, float temperature, float *weights, int64_t n) {
  const V top = V_(all)(greatest), divisor = V_(all)(temperature);
  for (int64_t i = 0; i < n; i += 16) {
    const int left = n - i < 16 ? (int)(n - i) : 16;
    V power = V_(sub)(V_(some)(x + i, left, greatest), top);
    if (temperature != 1) power = V_(div)(power, divisor);  // a division by 1 would change nothing
    V_(put)(weights + i, V_(exp)(power), left);
  }
  return V_(distribution_sum)(weights, n);
}

// Never more has been kept than read, so whole vectors may be stored; x and kept may be one.
FUNCTION int32_t V_(distribution_keep)(const float *x, float least, int32_t *indices, float *kept, int64_t n) {
  int32_t count = 0;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const V values = V_(load)(x + i);
    const uint32_t found = V_(reach)(values, least);
    if (found) count += V_(squeeze)(values, found, (int32_t)i, indices + count, kept + count);
  }
  for (; i < n; i++)
    if (x[i] >= least) {
      indices[count] = (int32_t)i;
      kept[count++] = x[i];
    }
  return count;
}

FUNCTION int32_t V_(distribution_between)(const float *x, int64_t n, float least, float below, float *kept) {
  int32_t count = 0;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const V values = V_(load)(x + i);
    const uint32_t found = V_(reach)(values, least) & ~V_(reach)(values, below);
    if (found) count += V_(squeeze)(values, found, 0, 0, kept + count);
  }
  for (; i < n; i++) {
    const float value = x[i];
    if (value >= least && value < below) kept[count++] = value;
  }
  return count;
}

// ---- RWKV-4

FUNCTION void V_(wkv4)(const struct skein_wkv4 *s) {
  for (int t = s->start; t < s->end; t++) {
    const int64_t row = (int64_t)t * s->stride + s->from;
    for (int i = 0; i < s->n; i += 16) {
      const int n = s->n - i;
      const int64_t at = row + i;
      V a = V_(some)(s->a + i, n, 0), b = V_(some)(s->b + i, n, 0), m = V_(some)(s->m + i, n, 0);
      V k = V_(some)(s->k + at, n, 0), v = V_(some)(s->v + at, n, 0);
      V d = V_(sub)(m, V_(add)(V_(some)(s->first + s->from + i, n, 0), k));
      V e1 = V_(exp)(V_(most)(0, d)), e2 = V_(exp)(V_(most)(0, V_(flip)(d)));
      V y = V_(div)(V_(fma)(e1, a, V_(mul)(e2, v)), V_(fma)(e1, b, e2));
      V_(put)(s->y + at, V_(mul)(y, V_(sigmoid)(V_(some)(s->r + at, n, 0))), n);
      m = V_(add)(m, V_(some)(s->decay + s->from + i, n, 0));
      d = V_(sub)(m, k);
      e1 = V_(exp)(V_(most)(0, d)), e2 = V_(exp)(V_(most)(0, V_(flip)(d)));
      V_(put)(s->a + i, V_(fma)(e1, a, V_(mul)(e2, v)), n);
      V_(put)(s->b + i, V_(fma)(e1, b, e2), n);
      V_(put)(s->m + i, V_(max)(m, k), n);
    }
  }
}

// ---- heads

FUNCTION float V_(dot)(const float *a, const float *b, const float *c, int n) {
  V sums = V_(all)(0);
  for (int i = 0; i < n; i += 16)
    sums = V_(fma)(V_(mul)(V_(some)(a + i, n - i, 0), V_(some)(b + i, n - i, 0)), V_(some)(c + i, n - i, 0), sums);
  return V_(tree)(sums);
}

// y = fma(bonus, v, y)
FUNCTION void V_(add_scaled)(float *y, float bonus, const float *v, int n) {
  for (int i = 0; i < n; i += 16)
    V_(put)(y + i, V_(fma)(V_(all)(bonus), V_(some)(v + i, n - i, 0), V_(some)(y + i, n - i, 0)), n - i);
}

// Values j .. j + 16 WIDTH of a head of RWKV-5 or 6 with n keys.
FUNCTION void V_(keyed)(float *state, const float *r, const float *w, const float *k, const float *v, float *y, int n, int j,
                      const int width) {
  V vs[4], ys[4];
  for (int c = 0; c < width; c++) vs[c] = V_(load)(v + j + 16 * c), ys[c] = V_(all)(0);
  for (int i = 0; i < n; i++) {
    float *line = state + (int64_t)i * n + j;
    const V ri = V_(all)(r[i]), wi = V_(all)(w[i]), ki = V_(all)(k[i]);
    for (int c = 0; c < width; c++) {
      V s = V_(load)(line + 16 * c);
      ys[c] = V_(fma)(s, ri, ys[c]);
      V_(store)(line + 16 * c, V_(fma)(s, wi, V_(mul)(ki, vs[c])));
    }
  }
  for (int c = 0; c < width; c++) V_(store)(y + j + 16 * c, ys[c]);
}

FUNCTION void V_(wkv6)(const struct skein_wkv6 *s) {
  const int n = s->n;
  for (int t = s->start; t < s->end; t++) {
    const int64_t at = (int64_t)t * s->stride + s->from;
    const float *r = s->r + at, *k = s->k + at, *v = s->v + at, *decay = s->decay + s->from;
    float *w = s->w + at, *y = s->y + at;
    for (int i = 0; i < n; i += 16) {
      V d = V_(some)(decay + i, n - i, 0);
      if (s->by_token) d = V_(exp)(V_(flip)(V_(exp)(V_(add)(d, V_(some)(w + i, n - i, 0)))));
      V_(put)(w + i, d, n - i);
    }
    int j = 0;
    for (; j + 16 * WIDTH <= n; j += 16 * WIDTH) V_(keyed)(s->state, r, w, k, v, y, n, j, WIDTH);
    for (; j + 16 <= n; j += 16) V_(keyed)(s->state, r, w, k, v, y, n, j, 1);
    for (; j < n; j++) {
      float sum = 0;
      for (int i = 0; i < n; i++) {
        float *x = s->state + (int64_t)i * n + j;
        sum = __builtin_fmaf(*x, r[i], sum);
        *x = __builtin_fmaf(*x, w[i], k[i] * v[j]);
      }
      y[j] = sum;
    }
    V_(add_scaled)(y, V_(dot)(r, k, s->first + s->from, n), v, n);
    V_(normalize)(y, s->norm_weight + s->from, s->norm_bias + s->from, s->eps, y, n);
    if (!s->g) continue;
    const float *g = s->g + at;
    for (int i = 0; i < n; i += 16) {
      V gate = V_(some)(g + i, n - i, 0);
      V_(put)(y + i, V_(mul)(V_(some)(y + i, n - i, 0), V_(mul)(gate, V_(sigmoid)(gate))), n - i);
    }
  }
}

// Everything before the recurrence of RWKV-7: decay, rate, value, key, and what is taken out.
FUNCTION void V_(prepare)(const struct skein_wkv7 *s, int64_t at, int n) {
  V squares = V_(all)(0);
  for (int i = 0; i < n; i += 16) {
    const int left = n - i, c = s->from + i;
    const int64_t e = at + i;
    V w = V_(sigmoid)(V_(add)(V_(some)(s->base_w + c, left, 0), V_(some)(s->w + e, left, 0)));
    V a = V_(sigmoid)(V_(add)(V_(some)(s->base_a + c, left, 0), V_(some)(s->a + e, left, 0)));
    V k = V_(some)(s->k + e, left, 0);
    V kk = V_(mul)(k, V_(some)(s->removal + c, left, 0));
    squares = V_(fma)(kk, kk, squares);
    V_(put)(s->w + e, V_(exp)(V_(mul)(V_(all)(DECAY), w)), left);
    V_(put)(s->a + e, a, left);
    V_(put)(s->kk + e, kk, left);
    V change = V_(mul)(V_(sub)(a, V_(all)(1)), V_(some)(s->key_rate + c, left, 0));
    V_(put)(s->k + e, V_(fma)(k, change, k), left);
    if (s->base_v) {
      V share = V_(sigmoid)(V_(add)(V_(some)(s->base_v + c, left, 0), V_(some)(s->residual + e, left, 0)));
      V v = V_(some)(s->v + e, left, 0);
      V_(put)(s->v + e, V_(fma)(V_(sub)(V_(some)(s->first_v + e, left, 0), v), share, v), left);
    }
  }
  const float length = root(V_(tree)(squares));
  const V inverse = V_(all)(1 / (length < MIN_NORM ? MIN_NORM : length));
  for (int i = 0; i < n; i += 16) {
    V kk = V_(mul)(V_(some)(s->kk + at + i, n - i, 0), inverse);
    V_(put)(s->kk + at + i, kk, n - i);
    V_(put)(s->b + at + i, V_(mul)(kk, V_(some)(s->a + at + i, n - i, 0)), n - i);
  }
}

// Values i .. i + 16 WIDTH of a head of RWKV-7 with n keys; fetches as much of the next state meanwhile.
FUNCTION void V_(valued)(const struct skein_wkv7 *s, int64_t at, int n, int i, const char *next, const int width) {
  const float *kk = s->kk + at, *w = s->w + at, *b = s->b + at, *k = s->k + at, *r = s->r + at;
  float *state = s->state + i;
  V ts[4], vs[4], ys[4];
  for (int c = 0; c < width; c++) ts[c] = V_(all)(0), ys[c] = ts[c], vs[c] = V_(load)(s->v + at + i + 16 * c);
  for (int j = 0; j < n; j++) {
    const V kkj = V_(all)(kk[j]);
    for (int c = 0; c < width; c++) ts[c] = V_(fma)(V_(load)(state + (int64_t)j * n + 16 * c), kkj, ts[c]);
  }
  for (int c = 0; c < width; c++) ts[c] = V_(flip)(ts[c]);
  for (int j = 0; j < n; j++) {
    float *line = state + (int64_t)j * n;
    const V wj = V_(all)(w[j]), bj = V_(all)(b[j]), kj = V_(all)(k[j]), rj = V_(all)(r[j]);
    for (int c = 0; c < width; c++) {
      if (next) __builtin_prefetch(next + 4 * (i + (int64_t)j * n + 16 * c), 1, 2);
      V change = V_(fma)(ts[c], bj, V_(mul)(vs[c], kj));
      V x = V_(fma)(V_(load)(line + 16 * c), wj, change);
      V_(store)(line + 16 * c, x);
      ys[c] = V_(fma)(x, rj, ys[c]);
    }
  }
  for (int c = 0; c < width; c++) V_(store)(s->y + at + i + 16 * c, ys[c]);
}

FUNCTION void V_(lane)(const struct skein_wkv7 *s, int64_t at, int n, int i) {
  float taken = 0, y = 0;
  for (int j = 0; j < n; j++) taken = __builtin_fmaf(s->state[(int64_t)j * n + i], s->kk[at + j], taken);
  for (int j = 0; j < n; j++) {
    float *x = s->state + (int64_t)j * n + i;
    *x = __builtin_fmaf(*x, s->w[at + j], __builtin_fmaf(-taken, s->b[at + j], s->v[at + i] * s->k[at + j]));
    y = __builtin_fmaf(*x, s->r[at + j], y);
  }
  s->y[at + i] = y;
}

FUNCTION void V_(wkv7)(const struct skein_wkv7 *s) {
  const int n = s->n;
  for (int t = s->start; t < s->end; t++) {
    const int64_t at = (int64_t)t * s->stride + s->from;
    float *y = s->y + at;
    const char *next = t + 1 == s->end ? (const char *)s->next : 0;
    V_(prepare)(s, at, n);
    int i = 0;
    for (; i + 16 * WIDTH <= n; i += 16 * WIDTH) V_(valued)(s, at, n, i, next, WIDTH);
    for (; i + 16 <= n; i += 16) V_(valued)(s, at, n, i, next, 1);
    for (; i < n; i++) V_(lane)(s, at, n, i);
    V_(normalize)(y, s->norm_weight + s->from, s->norm_bias + s->from, s->eps, y, n);
    const float bonus = V_(dot)(s->r + at, s->k + at, s->bonus + s->from, n);
    const V scale = V_(all)(bonus);
    for (int c = 0; c < n; c += 16) {
      V value = V_(fma)(scale, V_(some)(s->v + at + c, n - c, 0), V_(some)(y + c, n - c, 0));
      V_(put)(y + c, V_(mul)(value, V_(some)(s->g + at + c, n - c, 0)), n - c);
    }
  }
}
