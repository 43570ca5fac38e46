# Shared by the scripts beside it: finds the installation, building it first in a source tree that has no build yet.
# Sets base (where bin/, conf/ and data/ are), home (where lib/ and plugins/ are), java and class_path.

base=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)

if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; else java=java; fi
if ! command -v "$java" >/dev/null 2>&1; then
  echo "java: not found (expected: JDK 17 or later on the PATH or in JAVA_HOME)" >&2
  exit 3
fi

find_home() {
  if [ -d "$base/lib" ]; then
    home=$base
  else
    home=$(ls -d "$base"/eventmesh-dist/target/eventmesh-dist-*/eventmesh-*/ 2>/dev/null | head -n 1 || true)
    home=${home%/}
  fi
}

build() {
  echo "No build yet: building once, this takes a minute or two." >&2
  (cd "$base" && mvn -B -q -DskipTests -Dfast -Dassembly.skipAssembly=false -pl eventmesh-dist -am package) >&2 || exit 1
}

find_home
if [ -z "$home" ] || [ ! -d "$home/lib" ]; then
  if [ ! -f "$base/pom.xml" ]; then
    echo "installation: $base has no lib/ (expected: an unpacked distribution or a source tree)" >&2
    exit 3
  fi
  build
  find_home
fi

# A fixed order, so that every start is the same.
class_path=$(printf '%s\n' "$home"/lib/*.jar | LC_ALL=C sort | paste -sd: -)
