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
# A demo is over before the optimizing compiler has paid for itself; without it, it starts in half the time.
if [ "${1:-}" = demo ]; then
  CDF_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 ${CDF_JAVA_OPTIONS:-}"
fi
start cli cdf.cli.Cdf "$@"
