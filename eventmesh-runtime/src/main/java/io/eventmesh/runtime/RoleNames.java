package io.eventmesh.runtime;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.role.RoleProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The roles of a process, in the order of their start.
 *
 * @param providers ordered
 */
record RoleNames(List<RoleProvider<?>> providers) {
    static final String STANDALONE = "standalone";

    /**
     * Reads {@code mesh,connector} or {@code standalone}, which is all roles that were found.
     *
     * @throws ConfigException naming the known roles
     */
    static RoleNames of(String list, Plugins plugins) {
        List<RoleProvider<?>> all = new ArrayList<>();
        plugins.all(RoleProvider.class).forEach(provider -> add(all, provider));
        all.sort(Comparator.comparingInt((RoleProvider<?> provider) -> provider.order())
                .thenComparing(RoleProvider::name));
        List<String> known = all.stream().map(RoleProvider::name).toList();
        Set<String> wanted = new LinkedHashSet<>();
        List<String> problems = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            String name = part.strip();
            if (name.equals(STANDALONE)) {
                wanted.addAll(known);
            } else if (known.contains(name)) {
                wanted.add(name);
            } else {
                problems.add("--role: '%s' (expected one of: %s, or %s)".formatted(name, known, STANDALONE));
            }
        }
        if (problems.isEmpty() && wanted.isEmpty()) {
            problems.add("--role: '%s' (expected: a role on the class path, none was found)".formatted(list));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException("the command line", problems);
        }
        return new RoleNames(
                all.stream().filter(role -> wanted.contains(role.name())).toList());
    }

    List<String> inOrder() {
        return providers.stream().<String>map(RoleProvider::name).toList();
    }

    Set<String> asSet() {
        return Set.copyOf(inOrder());
    }

    private static void add(List<RoleProvider<?>> all, RoleProvider<?> provider) {
        all.add(provider);
    }
}
