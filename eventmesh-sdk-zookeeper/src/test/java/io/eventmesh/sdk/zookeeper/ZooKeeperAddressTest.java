package io.eventmesh.sdk.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.discovery.DiscoveryProvider;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZooKeeperAddressTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    zk://one:2181                 | one:2181          | default
                    zk://one:2181/                | one:2181          | default
                    zk://one:2181,two:2182/blue-1 | one:2181,two:2182 | blue-1
                    zk://one                      | one               | default
                    zk://[::1]:2181/a             | [::1]:2181        | a
                    """)
    void hostsAndClusterAreRead(String uri, String connect, String cluster) {
        assertThat(ZooKeeperAddress.parse(uri)).isEqualTo(new ZooKeeperAddress(connect, cluster));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zk://",
                "zk:///c",
                "http://a:1",
                "zk://a:1/b/c",
                "zk://a:1,/c",
                "zk://a b",
                "zk://a:1/..",
                "zk://a:x"
            })
    void anythingElseIsRefusedWithItsValue(String uri) {
        assertThatThrownBy(() -> new ZooKeeperDiscoveryProvider().create(uri, MeshClock.system()))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.REQUEST_INVALID))
                .hasMessageContaining(uri);
    }

    @Test
    void theProviderIsFoundByItsScheme() {
        assertThat(ServiceLoader.load(DiscoveryProvider.class))
                .filteredOn(provider -> provider.accepts("zk://one:2181"))
                .singleElement()
                .isInstanceOf(ZooKeeperDiscoveryProvider.class);
        assertThat(new ZooKeeperDiscoveryProvider().accepts("grpc://one:10205")).isFalse();
    }
}
