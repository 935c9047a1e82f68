#!/bin/sh
# Compiles the C kernels into FOLDER/libskein-kernels.so.gz, which carries a checksum of what is in it. Where that is not
# possible (another system or processor, no compiler, one that is too old) it says why, leaves nothing in FOLDER, and is
# content: Skein then computes with the Vector API. An error in the sources is an error.
#   build.sh FOLDER
set -eu
sources=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
folder=$1
library=$folder/libskein-kernels.so.gz

without() { rm -f "$library"; echo "no native kernels: $1"; exit 0; }

system=$(uname -s) processor=$(uname -m)
[ "$system $processor" = 'Linux x86_64' ] || without "they are for Linux on x86-64, this is $system on $processor"
if [ -f "$library" ] && [ -z "$(find "$sources" -newer "$library" | head -n 1)" ]; then exit 0; fi
cc=
for candidate in ${CC:-} cc gcc clang; do
  command -v "$candidate" >/dev/null 2>&1 && cc=$candidate && break
done
[ -n "$cc" ] || without 'there is no C compiler (cc, gcc or clang)'
printf '%s\n' '#include <immintrin.h>' \
  '__attribute__((target("avx512vnni,amx-int8"))) void f(void) { _tile_dpbusd(0, 1, 2); }' |
  "$cc" -fsyntax-only -x c - 2>/dev/null || without "$cc does not know AMX (GCC 11 or Clang 12 does)"

mkdir -p "$folder"
objects=$(mktemp -d)
part=$folder/libskein-kernels.so.$$
trap 'rm -rf "$part" "$part.gz" "$objects"' EXIT
compilers=
for source in "$sources"/*.c; do
  "$cc" -std=c11 -O3 -ffp-contract=off -fPIC -fvisibility=hidden -Wall -Wextra \
    -c -o "$objects/$(basename "$source" .c).o" "$source" &
  compilers="$compilers $!"
done
for compiler in $compilers; do wait "$compiler"; done
"$cc" -shared -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack -o "$part" "$objects"/*.o
gzip -9n "$part"
mv "$part.gz" "$library"
