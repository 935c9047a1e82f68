#!/bin/sh
# Lets the JVM that builds write down the classes of one chat in APP/skein.jsa (broker, worker, router, engine), from which
# every later start maps them instead of parsing and checking them again. The JVM refuses the file by itself if jars or JDK
# are others than those that it was made of. Without it everything works, so that no fault here is one of the build.
#   archive.sh CHECKOUT APP JAVA_HOME
set -u
checkout=$1 app=$2
archive=$app/skein.jsa
part=$archive.$$

if [ -f "$archive" ] && [ -z "$(find "$app/lib" -newer "$archive" | head -n 1)" ]; then exit 0; fi
rm -f "$archive" "$archive".*
none() { echo "no archive of classes: every start will take somewhat longer"; }
work=$(mktemp -d "${TMPDIR:-/tmp}/skein-archive.XXXXXX") || { none; exit 0; }
up=
trap '[ -z "$up" ] || kill -9 "$up" 2>/dev/null; rm -rf "$part" "$work"' EXIT
export SKEIN_BUILD=never SKEIN_JAVA_HOME="$3"

address() { sed -n 's|^API *\(http://.*\)/v1$|\1|p' "$work/out"; }
ready() { grep -q '^ready ' "$work/out"; }

chat() {
  SKEIN_JAVA_OPTS="-XX:ArchiveClassesAtExit=$part -Xlog:disable" \
    "$checkout/skein" up --port 0 --kafka-port 0 --ops 127.0.0.1:0 --data "$work/data" >"$work/out" 2>&1 &
  up=$!
  seconds=0
  until ready; do
    kill -0 "$up" 2>/dev/null && [ $seconds -lt 90 ] || return 1
    sleep 1
    seconds=$((seconds + 1))
  done
  echo 'Tell me a story about a fox.' | "$checkout/skein" chat --url "$(address)" --max-tokens 8
  kill -TERM "$up" && wait "$up"
  up=
  [ -s "$part" ]
}

chat >/dev/null 2>&1 && mv "$part" "$archive" || none
exit 0
