package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** From paths of the meta store to ZooKeeper's, below the root of one cluster. Immutable. */
final class Paths {
    private static final Pattern LEVEL = Pattern.compile("[A-Za-z0-9._-]+");
    private static final int MAX_LENGTH = 512;

    private final String root;

    Paths(String cluster) {
        if (!legalLevel(cluster)) {
            throw new EventMeshException(
                    ErrorCode.CONFIG_INVALID, "cluster: '%s' (expected: letters, digits, . _ -)".formatted(cluster));
        }
        this.root = "/eventmesh/" + cluster;
    }

    /** @throws EventMeshException REQUEST_INVALID when the path is not levels with slashes between */
    String absolute(String path) {
        boolean legal = path.length() <= MAX_LENGTH;
        for (String level : path.split("/", -1)) {
            legal &= legalLevel(level);
        }
        if (!legal) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "meta path: '%s' (expected: levels of [A-Za-z0-9._-]+ with / between, at most %s characters)"
                            .formatted(path.length() <= MAX_LENGTH ? path : path.substring(0, MAX_LENGTH), MAX_LENGTH));
        }
        return root + "/" + path;
    }

    /** The nodes above a ZooKeeper path, from the outermost inwards. */
    static List<String> above(String absolute) {
        List<String> parents = new ArrayList<>();
        for (int slash = absolute.indexOf('/', 1); slash > 0; slash = absolute.indexOf('/', slash + 1)) {
            parents.add(absolute.substring(0, slash));
        }
        return parents;
    }

    /** A single dot or two are names to ZooKeeper that it refuses. */
    private static boolean legalLevel(String level) {
        return LEVEL.matcher(level).matches() && !level.equals(".") && !level.equals("..");
    }
}
