package io.eventmesh.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.InvalidValueException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class MemoryStorageConfigTest {
    private static final DataSize MIB = DataSize.ofMebibytes(1);
    private static final Duration LONG = Duration.ofSeconds(1);

    @Test
    void theDefaultsAreWithinTheHeap() {
        MemoryStorageConfig defaults = MemoryStorageConfig.defaults();

        assertThat(defaults.maxBytes().bytes()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
        assertThat(defaults.streamMaxBytes().bytes())
                .isEqualTo(Math.min(64L << 20, defaults.maxBytes().bytes() / 2));
        assertThat(defaults.maxLag()).isEqualTo(100_000);
        assertThat(defaults.stallAfter()).isEqualTo(Duration.ofSeconds(30));
        assertThat(defaults.maxAge()).isZero();
    }

    @Test
    void aStreamNeverHoldsMoreThanTheStore() {
        MemoryStorageConfig config =
                new MemoryStorageConfig(MIB, DataSize.ofMebibytes(64), 1, new DataSize(0), LONG, Duration.ZERO);

        assertThat(config.streamLimit()).isEqualTo(1 << 20);
        assertThat(config.lagLimit()).isEqualTo(1 << 19);
    }

    @Test
    void valuesThatMakeNoSenseAreRefusedByTheirKey() {
        DataSize none = new DataSize(0);
        refused("max-bytes", () -> new MemoryStorageConfig(none, MIB, 1, none, LONG, Duration.ZERO));
        DataSize tooMuch = new DataSize(Runtime.getRuntime().maxMemory() + 1);
        refused("max-bytes", () -> new MemoryStorageConfig(tooMuch, MIB, 1, none, LONG, Duration.ZERO));
        refused("stream-max-bytes", () -> new MemoryStorageConfig(MIB, none, 1, none, LONG, Duration.ZERO));
        refused("max-lag", () -> new MemoryStorageConfig(MIB, MIB, 0, none, LONG, Duration.ZERO));
        refused("stall-after", () -> new MemoryStorageConfig(MIB, MIB, 1, none, Duration.ZERO, Duration.ZERO));
        refused("max-age", () -> new MemoryStorageConfig(MIB, MIB, 1, none, LONG, Duration.ofSeconds(-1)));
    }

    private static void refused(String key, org.assertj.core.api.ThrowableAssert.ThrowingCallable make) {
        assertThatThrownBy(make)
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        refused -> assertThat(refused.key()).isEqualTo(key));
    }

    @Test
    void theProviderIsFoundAsMemory() {
        StorageProvider<?> found = ServiceLoader.load(StorageProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals("memory"))
                .findAny()
                .orElseThrow();

        assertThat(found).isInstanceOf(MemoryStorageProvider.class);
        MemoryStorageProvider provider = (MemoryStorageProvider) found;
        assertThat(provider.configType()).isEqualTo(MemoryStorageConfig.class);
        StorageContext context = new StorageContext("cluster", MeshClock.system(), Path.of("unused"));
        assertThat(provider.create(provider.defaults(), context).name()).isEqualTo("storage-memory");
    }
}
