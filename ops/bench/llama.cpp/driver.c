// Drives llama.cpp for `skein bench --compare llama.cpp`: a process that does what it is told, a line at a time, and answers
// each line with one line. Only its public C interface is used.
//
//   driver LIBDIR quantize IN.gguf OUT.gguf q8_0|q4_0
//   driver LIBDIR serve MODEL.gguf THREADS
//
// serve answers first "ready VERSION MODEL_BYTES STREAMED_BYTES BACKEND" (streamed: what a step reads, all but the embedding
// table), then to
//   decode SESSIONS STRIDE PROMPT STEPS   sequences 0, STRIDE, 2 STRIDE, … read a random prompt each and then feed back their own
//                                         likeliest token: "TOKENS NANOSECONDS PEAK_RSS_KB" of the STEPS steps
//   prefill TOKENS                        one random prompt in one call, logits after its last token: the same
//   logits IN OUT                         IN: int32 texts, then of each int32 length and ids; OUT: floats after every token but
//                                         the last of each text: "TOKENS NANOSECONDS PEAK_RSS_KB"
#include "ggml-backend.h"
#include "gguf.h"
#include "llama.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct llama_model *model;
static struct llama_context *context;
static int context_sequences, context_batch, threads, vocabulary;
static struct llama_batch batch;
static int batch_room;

static void fail(const char *what) {
  fprintf(stderr, "llama.cpp driver: %s\n", what);
  exit(1);
}

static void only_errors(enum ggml_log_level level, const char *text, void *unused) {
  (void)unused;
  if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static long long nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long peak_kb(void) {
  char line[256];
  long kb = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "VmHWM:", 6)) kb = atol(line + 6);
  if (status) fclose(status);
  return kb;
}

// The same ids every time a command is given.
static unsigned random_state;
static int random_token(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return 1 + (int)(random_state % (unsigned)(vocabulary - 1));
}

static void open_context(int sequences, int tokens) {
  if (context && context_sequences == sequences && context_batch >= tokens) {
    llama_memory_clear(llama_get_memory(context), true);
    return;
  }
  if (context) llama_free(context);
  struct llama_context_params p = llama_context_default_params();
  p.n_seq_max = sequences;
  p.n_ctx = 4096 * sequences;
  p.n_batch = p.n_ubatch = tokens < 512 ? 512 : tokens;
  p.n_threads = p.n_threads_batch = threads;
  p.no_perf = true;
  context = llama_init_from_model(model, p);
  if (!context) fail("no context");
  context_sequences = sequences;
  context_batch = p.n_batch;
  if (batch_room < context_batch) {
    if (batch_room) llama_batch_free(batch);
    batch = llama_batch_init(context_batch, 0, 1);
    batch_room = context_batch;
  }
}

static void add(int token, int position, int sequence, int wants_logits) {
  int i = batch.n_tokens++;
  batch.token[i] = token;
  batch.pos[i] = position;
  batch.n_seq_id[i] = 1;
  batch.seq_id[i][0] = sequence;
  batch.logits[i] = (int8_t)wants_logits;
}

static void run(void) {
  if (llama_decode(context, batch)) fail("llama_decode refused a batch");
  batch.n_tokens = 0;
}

__attribute__((optimize("O3", "fast-math"))) static float greatest(const float *logits, int n) {
  float max = logits[0];
  for (int i = 1; i < n; i++) max = logits[i] > max ? logits[i] : max;
  return max;
}

static int likeliest(int output) {
  const float *logits = llama_get_logits_ith(context, output);
  float max = greatest(logits, vocabulary);
  int i = 0;
  while (i < vocabulary - 1 && logits[i] != max) i++;
  return i;
}

static void answer(long long tokens, long long took) {
  printf("%lld %lld %ld\n", tokens, took, peak_kb());
  fflush(stdout);
}

static void decode(int sessions, int stride, int prompt, int steps) {
  random_state = 12345;
  open_context(sessions * stride, sessions);
  int next[1024];
  if (sessions > 1024) fail("more than 1024 sessions");
  for (int position = 0; position < prompt; position++) {
    for (int s = 0; s < sessions; s++) add(random_token(), position, s * stride, 1);
    run();
  }
  for (int s = 0; s < sessions; s++) next[s] = likeliest(s);
  long long began = nanos();
  for (int step = 0; step < steps; step++) {
    for (int s = 0; s < sessions; s++) add(next[s], prompt + step, s * stride, 1);
    run();
    for (int s = 0; s < sessions; s++) next[s] = likeliest(s);
  }
  answer((long long)sessions * steps, nanos() - began);
}

static void prefill(int tokens) {
  random_state = 12345;
  open_context(1, tokens);
  for (int i = 0; i < tokens; i++) add(random_token(), i, 0, i == tokens - 1);
  long long began = nanos();
  run();
  likeliest(tokens - 1);
  answer(tokens, nanos() - began);
}

static int read_int(FILE *in) {
  int32_t value;
  if (fread(&value, sizeof value, 1, in) != 1) fail("the texts end early");
  return value;
}

static void logits(const char *in_path, const char *out_path) {
  FILE *in = fopen(in_path, "rb"), *out = fopen(out_path, "wb");
  if (!in || !out) fail("cannot open the files of texts and logits");
  long long tokens = 0, began = nanos();
  int texts = read_int(in);
  for (int t = 0; t < texts; t++) {
    int length = read_int(in);
    open_context(1, length);
    for (int i = 0; i < length; i++) {
      int id = read_int(in);
      if (i + 1 < length) add(id, i, 0, 1);
    }
    run();
    for (int i = 0; i + 1 < length; i++, tokens++)
      if (fwrite(llama_get_logits_ith(context, i), sizeof(float), vocabulary, out) != (size_t)vocabulary) fail("the disk is full");
  }
  fclose(in);
  if (fclose(out)) fail("the disk is full");
  answer(tokens, nanos() - began);
}

static void serve(const char *path) {
  struct llama_model_params p = llama_model_default_params();
  p.n_gpu_layers = 0;
  model = llama_model_load_from_file(path, p);
  if (!model) fail("the model does not load");
  vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  struct gguf_init_params g = {true, NULL};
  struct gguf_context *file = gguf_init_from_file(path, g);
  long long bytes = llama_model_size(model);
  long long table = gguf_get_tensor_size(file, gguf_find_tensor(file, "token_embd.weight"));
  gguf_free(file);
  const char *info = llama_print_system_info();
  printf("ready %s %lld %lld %s\n", llama_version(), bytes, bytes - table,
      strstr(info, "AMX_INT8 = 1") ? "amx" : strstr(info, "AVX512_VNNI = 1") ? "avx512-vnni" : "other");
  fflush(stdout);
  char line[4096], a[2048], b[2048];
  while (fgets(line, sizeof line, stdin)) {
    int n[4];
    if (sscanf(line, "decode %d %d %d %d", n, n + 1, n + 2, n + 3) == 4) decode(n[0], n[1], n[2], n[3]);
    else if (sscanf(line, "prefill %d", n) == 1) prefill(n[0]);
    else if (sscanf(line, "logits %2047s %2047s", a, b) == 2) logits(a, b);
    else fail("an unknown command");
  }
}

int main(int count, char **argument) {
  if (count != 5 && count != 6) fail("wrong arguments");
  llama_log_set(only_errors, NULL);
  ggml_backend_load_all_from_path(argument[1]);
  llama_backend_init();
  if (count == 6 && !strcmp(argument[2], "quantize")) {
    struct llama_model_quantize_params q = llama_model_quantize_default_params();
    q.ftype = !strcmp(argument[5], "q8_0") ? LLAMA_FTYPE_MOSTLY_Q8_0 : LLAMA_FTYPE_MOSTLY_Q4_0;
    return (int)llama_model_quantize(argument[3], argument[4], &q);
  }
  threads = atoi(argument[4]);
  serve(argument[3]);
  return 0;
}
