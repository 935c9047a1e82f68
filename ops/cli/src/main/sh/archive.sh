#!/bin/sh
# Lets the JVM that builds write down the classes of a short run of the application in APP/skein.jsa, from which every later
# start maps them instead of parsing and checking them again: a quarter of the processor time of a first token. The JVM
# refuses the file by itself if jars or JDK are others than those that it was made of. Without it everything works, so that
# no fault here is one of the build.
#   archive.sh CHECKOUT APP JAVA_HOME
set -u
checkout=$1 app=$2 jdk=$3
archive=$app/skein.jsa
part=$archive.$$

if [ -f "$archive" ] && [ -z "$(find "$app/lib" -newer "$archive" | head -n 1)" ]; then exit 0; fi
rm -f "$archive" "$archive".*
trap 'rm -f "$part"' EXIT
SKEIN_BUILD=never SKEIN_JAVA_HOME=$jdk SKEIN_JAVA_OPTS="-XX:ArchiveClassesAtExit=$part -Xlog:disable" \
  "$checkout/skein" generate --prompt 'Once upon a time' --max-tokens 8 >/dev/null 2>&1 && [ -s "$part" ] &&
  mv "$part" "$archive" || echo "no archive of classes: every start will take somewhat longer"
exit 0
