#!/usr/bin/env bash
# Starts a runtime in the foreground; SIGTERM drains and ends it.
#   bin/start.sh                        every role in one process, with an embedded ZooKeeper
#   bin/start.sh --role=mesh            one role: mesh, connector, function or admin; several with commas
#   bin/start.sh --config=FILE          another configuration than conf/eventmesh.yaml
#   bin/start.sh --set KEY=VALUE        one key of it; --check-config and --print-config start nothing
# EVENTMESH_JAVA_OPTS adds options for java, such as -Xmx256m.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/launch.sh"

options=(-XX:+UseSerialGC -Xshare:auto -Dfile.encoding=UTF-8 -Djava.awt.headless=true
  -XX:+ExitOnOutOfMemoryError
  "-Deventmesh.home=$home" "-Deventmesh.base=$base" "-Dlogback.configurationFile=$base/conf/logback.xml")

# shellcheck disable=SC2086  # options are words
exec "$java" "${options[@]}" ${EVENTMESH_JAVA_OPTS:-} -cp "$class_path" io.eventmesh.runtime.Main "$@"
