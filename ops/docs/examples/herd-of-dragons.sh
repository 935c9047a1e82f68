#!/bin/sh
# The prompt with which RWKV-4 was introduced, continued by 20 tokens, as on the model card of
# RWKV-4 169M (Pile).
#
# The card shows the call and no output, so there is no published text to compare with, and none is
# invented here: it was not run where Skein is built, because there is no internet. With
# --temperature 0 the text is the same on every machine. hello-my-name.sh has a published text for
# the same weights.
set -eu
skein="$(dirname "$0")/../../../skein"
prompt='
In a shocking finding, scientist discovered a herd of dragons living in a remote, previously unexplored valley, in Tibet. Even more surprising to the researchers was the fact that the dragons spoke perfect Chinese.'

printf '%s' "$prompt"
"$skein" generate --model "${MODEL:-pile4:169m}" --quant fp32 \
  --prompt "$prompt" --max-tokens 20 --temperature 0
