package io.eventmesh.runtime;

import io.eventmesh.runtime.config.RuntimeConfig.Anonymous;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the process prints when it is ready: only what is true then. */
final class Banner {
    private static final Set<String> ALL_ROLES = Set.of("mesh", "admin", "function", "connector");

    private Banner() {}

    static List<String> of(
            ProcessSetup setup, RoleContext context, RoleNames roleNames, String metaDetail, List<Role> roles) {
        List<String> lines = new ArrayList<>();
        lines.add("EventMesh %s  roles %s  runtime %s  (java %s, pid %d)"
                .formatted(
                        setup.version(),
                        String.join(",", roleNames.inOrder()),
                        context.runtimeId(),
                        System.getProperty("java.version"),
                        ProcessHandle.current().pid()));
        if (!metaDetail.isEmpty()) {
            lines.add(aligned("Meta: " + metaDetail));
        }
        roles.forEach(role -> role.banner().forEach(line -> lines.add(aligned(line))));
        return lines;
    }

    /** The last lines, for a process that was started in so much time. */
    static List<String> ready(ProcessSetup setup, RoleNames roleNames, long tookMillis) {
        boolean local = setup.configuration().core().security().anonymous() == Anonymous.LOOPBACK;
        List<String> lines = new ArrayList<>();
        lines.add("Ready in %d.%d s. %s"
                .formatted(
                        tookMillis / 1_000,
                        tookMillis % 1_000 / 100,
                        local
                                ? "No authentication, loopback only."
                                : "No authentication, open to whoever reaches this machine."));
        if (roleNames.asSet().containsAll(ALL_ROLES)) {
            lines.add(aligned("Next: bin/eventmesh quickstart"));
        }
        return lines;
    }

    /** {@code label: text} with all texts below one another. */
    static String aligned(String line) {
        int colon = line.indexOf(": ");
        return colon < 0 || colon > 10
                ? line
                : "%-12s%s"
                        .formatted(
                                line.substring(0, colon + 1),
                                line.substring(colon + 2).stripLeading());
    }
}
