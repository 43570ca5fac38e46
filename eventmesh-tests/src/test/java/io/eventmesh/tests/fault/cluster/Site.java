package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.fault.net.Namespaces;
import java.util.List;

/** On which host the processes of a scene are. */
interface Site extends AutoCloseable {
    String ZOOKEEPER = "zk";
    String BROKERS = "kafka";
    String CLIENTS = "clients";

    /** The host of a mesh runtime, from 0. */
    static String mesh(int index) {
        return "mesh" + index;
    }

    /** Address of a host. */
    String address(String host);

    /** What a command line begins with that is to run there. */
    List<String> on(String host);

    @Override
    void close();

    /** All on this machine's loopback. */
    static Site loopback() {
        return new Site() {
            @Override
            public String address(String host) {
                return "127.0.0.1";
            }

            @Override
            public List<String> on(String host) {
                return List.of();
            }

            @Override
            public void close() {}
        };
    }

    /** Each on a host of its own. */
    static Site of(Namespaces hosts) {
        return new Site() {
            @Override
            public String address(String host) {
                return hosts.address(host);
            }

            @Override
            public List<String> on(String host) {
                return hosts.on(host);
            }

            @Override
            public void close() {
                hosts.close();
            }
        };
    }
}
