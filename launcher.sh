# What the launchers (cdf, and the programs in bench/) share; $home is the project's directory. Sourced, not run.

fail() {
  printf 'error: %s\nhint:  %s\n' "$1" "$2" >&2
  exit 1
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java

# The class path of a module's dependencies, which the build writes last.
dependencies() {
  printf '%s/%s/target/dependencies' "$home" "$1"
}

# Whether a module was built here, after the last change of a source file.
is_built() {
  local dependencies
  dependencies=$(dependencies "$1")
  [ -f "$dependencies" ] && grep -qF "$home/change/target/" "$dependencies" && [ -z "$(newer_source "$dependencies")" ]
}

# Builds a module unless its build is newer than every source file.
build() {
  local module=$1
  is_built "$module" && return
  command -v "$java" >/dev/null || fail "there is no java" "install a JDK, 17 or later, and put it on the PATH or set JAVA_HOME"
  command -v mvn >/dev/null || fail "cdf is not built yet, and there is no mvn" "install Apache Maven, 3.8 or later, and put it on the PATH"
  local log="$home/target/build.log"
  mkdir -p "$home/target"
  # Two commands at once would build into the same directory: the second waits.
  exec 9>"$home/target/build.lock"
  if command -v flock >/dev/null; then flock 9; fi
  if ! is_built "$module"; then
    if [ -f "$(dependencies "$module")" ]; then
      echo "cdf: building, because a source file changed ..." >&2
    else
      echo "cdf: building for the first time; Maven downloads Spark and Kafka, which takes a few minutes ..." >&2
    fi
    (cd "$home" && mvn -B -q -Dfast -DskipTests -Dmaven.test.skip -pl "$module" -am package) >"$log" 2>&1 || {
      tail -n 20 "$log" >&2
      fail "the build failed" "the whole of what it said is in $log"
    }
    touch "$(dependencies "$module")"
    echo "cdf: built" >&2
  fi
  exec 9>&-
}

newer_source() {
  find "$home" \( -name target -o -name .git \) -prune -o \
    -type f \( -name pom.xml -o -path '*/src/main/*' -o -name '*.options' \) -newer "$1" -print -quit
}

# The classes that the application loads, for the JVM to map into memory instead (a class-data-sharing archive): a start
# then takes half the time. A JVM that did not write the archive ignores it, as it does when a jar has changed.
archive="$home/cli/target/classes.jsa"

is_archived() {
  [ -f "$archive" ] && [ -z "$(find "$home"/*/target -maxdepth 1 -name 'cdf-*.jar' ! -name 'cdf-bench-*' -newer "$archive")" ]
}

# Writes the archive, from what a short demo loads. Without it, cdf is slower and no worse: so this never fails.
archive_classes() {
  is_archived && return
  mkdir -p "$home/target"
  exec 9>"$home/target/build.lock"
  if command -v flock >/dev/null; then flock 9; fi
  if ! is_archived; then
    echo "cdf: preparing quick starts ..." >&2
    rm -f "$archive"
    (CDF_JAVA_OPTIONS="-XX:ArchiveClassesAtExit=$archive" start cli cdf.cli.Cdf demo --events 50 --dashboard-port 0) \
      >"$home/target/archive.log" 2>&1 9>&- || true
    touch "$archive"
  fi
  exec 9>&-
}

# Replaces this process with a Java program of a module.
start() {
  local module=$1 main=$2
  shift 2
  [ -t 1 ] && export CDF_STDOUT_IS_TERMINAL=true
  [ -t 2 ] && export CDF_STDERR_IS_TERMINAL=true
  local shared=()
  [ "$module" = cli ] && [ -s "$archive" ] && shared=("-XX:SharedArchiveFile=$archive")
  # shellcheck disable=SC2086 # CDF_JAVA_OPTIONS is a list of words.
  exec "$java" "@$home/spark.options" "@$home/start.options" ${shared[@]+"${shared[@]}"} ${CDF_JAVA_OPTIONS:-} \
    -cp "$(echo "$home/$module/target/cdf-$module-"*.jar):$(cat "$(dependencies "$module")")" "$main" "$@"
}
