#!/bin/sh
# Builds the C kernels with the address and undefined-behaviour sanitizers and runs products_check.c on them. Exits with 77,
# and says why, where that is not possible.
#   check.sh FOLDER
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
folder=$1

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || { echo 'the C kernels are for Linux on x86-64'; exit 77; }
command -v cc >/dev/null 2>&1 || { echo 'there is no C compiler'; exit 77; }
sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all'
mkdir -p "$folder"
echo 'int main(void) { return 0; }' | cc $sanitizers -x c -o "$folder/probe" - 2>/dev/null &&
  "$folder/probe" || { echo 'the C compiler has no sanitizers'; exit 77; }

compile="cc -std=c11 -g -ffp-contract=off -Wall -Wextra -Werror -c"
rm -f "$folder"/*.o
for source in "$here"/../../main/c/*.c; do
  echo "$compile -O1 $sanitizers -o $folder/$(basename "$source" .c).o $source"
done | sort | xargs -P 2 -I '{}' sh -c '{}'
$compile -O2 -o "$folder/products_check.o" "$here/products_check.c" # the plain loops need no watching
cc $sanitizers -o "$folder/products_check" "$folder"/*.o -lm
exec "$folder/products_check"
