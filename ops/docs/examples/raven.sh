#!/bin/sh
# RWKV-4 Raven 1.5B answers an instruction in the style of Alpaca, greedily, up to 100 tokens.
#
# Published text, from the article that introduced RWKV in the Hugging Face transformers library
# ("Introducing RWKV - An RNN with the advantages of a transformer"; weights RWKV/rwkv-raven-1b5):
#
#   ### Instruction: Tell me about ravens
#   ### Response: RAVENS are a type of bird that is native to the Middle East and North Africa. They
#   are known for their intelligence, adaptability, and their ability to live in a variety of
#   environments. RAVENS are known for their intelligence, adaptability, and their ability to live in
#   a variety of environments. They are known for their intelligence, adaptability, and their ability
#   to live in a variety of environments.
#
# (one line there, broken here). Raven was released several times; another release than the one of
# the article may answer otherwise, so nothing is compared. Needs internet on its first use, and was
# not run where Skein is built, because there is none.
set -eu
skein="$(dirname "$0")/../../../skein"
prompt='### Instruction: Tell me about ravens
### Response:'

printf '%s' "$prompt"
"$skein" generate --model "${MODEL:-raven4:1.5b}" --quant fp32 \
  --prompt "$prompt" --max-tokens 100 --temperature 0
