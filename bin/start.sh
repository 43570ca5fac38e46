#!/usr/bin/env bash
# Starts a runtime in the foreground; SIGTERM drains and ends it.
#   bin/start.sh                        every role in one process, with an embedded ZooKeeper
#   bin/start.sh --role=mesh            one role: mesh, connector, function or admin; several with commas
#   bin/start.sh --config=FILE          another configuration than conf/eventmesh.yaml
#   bin/start.sh --set KEY=VALUE        one key of it; --check-config and --print-config start nothing
# EVENTMESH_JAVA_OPTS adds options for java, such as -Xmx256m.
#
# The first start makes a class-data archive beside lib/, in the background and at the lowest priority: later starts take
# half as long. Where that directory cannot be written there is none.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/launch.sh"

options=(-XX:+UseSerialGC -Dfile.encoding=UTF-8 -Djava.awt.headless=true -XX:+ExitOnOutOfMemoryError
  "-Deventmesh.home=$home" "-Deventmesh.base=$base" "-Dlogback.configurationFile=$base/conf/logback.xml")

# Starts every role on ports and data of its own, ends when all are ready, and keeps the classes that were loaded.
make_archive() {
  local cache lock scratch
  cache=$(dirname "$archive")
  lock=$cache/lock
  mkdir -p "$cache" 2>/dev/null || return 0
  find "$lock" -maxdepth 0 -mmin +5 -exec rmdir {} + 2>/dev/null || true
  mkdir "$lock" 2>/dev/null || return 0
  scratch=$(mktemp -d)
  if env -i PATH="$PATH" timeout 120 "$java" "${options[@]}" -Xshare:auto "-XX:ArchiveClassesAtExit=$cache/new.jsa" -cp "$class_path" \
    io.eventmesh.runtime.Main --try --config="$home/conf/eventmesh.yaml" --set data="$scratch" --set meta.connect= \
    --set meta.zookeeper.embedded-port=0 --set mesh.grpc.port=0 --set mesh.http.port=0 --set admin.grpc.port=0 \
    --set admin.http.port=0 --set ops.port=0; then
    rm -f "$cache"/classes-*.jsa
    mv "$cache/new.jsa" "$archive"
  fi
  rm -rf "$scratch" "$cache/new.jsa"
  rmdir "$lock"
}

if [ ! -f "$archive" ] && [[ " $* " != *" --check-config "* && " $* " != *" --print-config "* && " $* " != *" --help "* &&
  " $* " != *" --version "* ]]; then
  (
    renice -n 19 "$BASHPID"
    make_archive
  ) </dev/null >/dev/null 2>&1 &
fi

# shellcheck disable=SC2086  # options are words
exec "$java" "${options[@]}" "${sharing[@]}" ${EVENTMESH_JAVA_OPTS:-} -cp "$class_path" io.eventmesh.runtime.Main "$@"
