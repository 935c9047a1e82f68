#!/bin/sh
# RWKV-4 169M (Pile) continues "Hello my name is" greedily by 10 tokens.
#
# Expected text, from the integration test of the Hugging Face transformers library for the same
# weights (tests/models/rwkv/test_modeling_rwkv.py, test_simple_generate):
#
#   Hello my name is Jasmine and I am a newbie to the
#
# Needs internet on its first use: the model is fetched by its name in the catalogue. It was not run
# where Skein is built, because there is none. Exits with 1 if the text is another one.
set -eu
skein="$(dirname "$0")/../../../skein"
prompt='Hello my name is'
expected=' Jasmine and I am a newbie to the'

text=$("$skein" generate --model "${MODEL:-pile4:169m}" --quant fp32 \
  --prompt "$prompt" --max-tokens 10 --temperature 0)
printf '%s%s\n' "$prompt" "$text"
if [ "$text" != "$expected" ]; then
  printf 'expected: %s%s\n' "$prompt" "$expected" >&2
  exit 1
fi
