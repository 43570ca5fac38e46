# Shared by the scripts beside it: finds the installation, building it first in a source tree that has no build yet.
# Sets base (where bin/, conf/ and data/ are), home (where lib/ and plugins/ are), java, class_path, archive (the
# class-data archive for this set of jars, there or not) and sharing (the options that use it).

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

# A fixed order and the real place, so that every start is the same: an archive holds for one class path only.
lib=$(readlink -f "$home/lib")
class_path=$(printf '%s\n' "$lib"/*.jar | LC_ALL=C sort | paste -sd: -)
archive=$(dirname "$lib")/cache/classes-$({ LC_ALL=C ls -ln "$lib"; readlink -f "$(command -v "$java")"; } | cksum | tr ' ' -).jsa
sharing=(-Xshare:auto)
if [ -f "$archive" ]; then
  sharing+=("-XX:SharedArchiveFile=$archive" -Xlog:cds=off -Xlog:class+path=off)
fi
