package io.eventmesh.meta.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.InvalidValueException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStoreProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class ZooKeeperConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theProviderIsFoundAndItsDefaultsAreTheDocumentedOnes() {
        assertThat(ServiceLoader.load(MetaStoreProvider.class)).singleElement().satisfies(provider -> {
            assertThat(provider.name()).isEqualTo("zookeeper");
            assertThat(provider.defaults())
                    .isEqualTo(new ZooKeeperConfig(
                            Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(5), 2181));
        });
    }

    @Test
    void eachValueOutOfItsRangeIsRefusedByItsKey() {
        refused("session-timeout", () -> new ZooKeeperConfig(Duration.ofMillis(999), SECOND, SECOND, 0));
        refused("session-timeout", () -> new ZooKeeperConfig(Duration.ofSeconds(121), SECOND, SECOND, 0));
        refused("connect-timeout", () -> new ZooKeeperConfig(SECOND, Duration.ZERO, SECOND, 0));
        refused("operation-timeout", () -> new ZooKeeperConfig(SECOND, SECOND, Duration.ZERO, 0));
        refused("embedded-port", () -> new ZooKeeperConfig(SECOND, SECOND, SECOND, 65_536));
    }

    @Test
    void aClusterThatIsNoNameIsRefused() {
        assertThatThrownBy(() -> new ZooKeeperMetaStoreProvider()
                        .create(ZooKeeperConfig.defaults(), "", "a/b", MeshClock.system(), Path.of("none")))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
                .hasMessageContaining("a/b");
    }

    private static void refused(String key, Runnable making) {
        assertThatThrownBy(making::run)
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        refusal -> assertThat(refusal.key()).isEqualTo(key));
    }
}
