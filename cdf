#!/usr/bin/env bash
# Starts cdf. Builds it first when it has not been built yet, or when a source file is newer than the build.
set -euo pipefail

script=${BASH_SOURCE[0]}
while [ -L "$script" ]; do
  link=$(readlink "$script")
  case $link in
    /*) script=$link ;;
    *) script=$(dirname "$script")/$link ;;
  esac
done
home=$(cd "$(dirname "$script")" && pwd -P)
source "$home/launcher.sh"

build cli
archive_classes
# These are over before the optimizing compiler has paid for itself; without it, they take about half the time. The JVM would
# then keep 48 MB for compiled code, which a demo of an hour fills.
case ${1:-} in
  demo | table | feed | dead-letters)
    CDF_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m ${CDF_JAVA_OPTIONS:-}" ;;
  # It keeps the table's rows in memory: a small young generation keeps the rest of it small, too.
  verify) CDF_JAVA_OPTIONS="-XX:+UseParallelGC -Xmn500m ${CDF_JAVA_OPTIONS:-}" ;;
esac
start cli cdf.cli.Cdf "$@"
