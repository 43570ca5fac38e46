package io.eventmesh.cli;

import picocli.CommandLine.Option;

/** Where the mesh and the admin are. */
public final class Addresses {
    @Option(
            names = "--url",
            description = "HTTP address of a mesh runtime (default: ${DEFAULT-VALUE}; env EVENTMESH_URL).",
            defaultValue = "${env:EVENTMESH_URL:-http://127.0.0.1:10105}")
    String mesh = "";

    @Option(
            names = "--admin-url",
            description = "HTTP address of the admin (default: ${DEFAULT-VALUE}; env EVENTMESH_ADMIN_URL).",
            defaultValue = "${env:EVENTMESH_ADMIN_URL:-http://127.0.0.1:10106}")
    String admin = "";

    @Option(
            names = "--token",
            description = "Bearer token (env EVENTMESH_TOKEN).",
            defaultValue = "${env:EVENTMESH_TOKEN:-}")
    String token = "";

    Http mesh() {
        return new Http(mesh, token, "bin/start.sh starts a mesh on this machine; --url or EVENTMESH_URL name another");
    }

    Http admin() {
        return new Http(
                admin, token, "bin/start.sh starts an admin too; --admin-url or EVENTMESH_ADMIN_URL name another");
    }
}
