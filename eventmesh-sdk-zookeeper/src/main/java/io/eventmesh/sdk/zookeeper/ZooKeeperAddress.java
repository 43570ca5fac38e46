package io.eventmesh.sdk.zookeeper;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a cluster's meta store is: {@code zk://host:2181[,host2:2181][/cluster]}.
 *
 * @param connect {@code host:port,…}; a host without a port has 2181
 * @param cluster {@code default} when the address names none
 */
record ZooKeeperAddress(String connect, String cluster) {
    static final String SCHEME = "zk://";

    private static final String HOST = "(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?";
    private static final Pattern FORM = Pattern.compile(
            "zk://(" + HOST + "(?:," + HOST + ")*)(?:/([A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*)?)?");

    /** @throws EventMeshException REQUEST_INVALID when it is not such an address */
    static ZooKeeperAddress parse(String uri) {
        Matcher matcher = FORM.matcher(uri);
        if (!matcher.matches()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "discovery address: '%s' (expected: zk://host:2181[,host2:2181][/cluster])".formatted(uri));
        }
        String cluster = matcher.group(2);
        return new ZooKeeperAddress(matcher.group(1), cluster == null ? "default" : cluster);
    }

    /** The node below which the runtimes register. */
    String directory() {
        return "/eventmesh/" + cluster + "/runtimes";
    }
}
