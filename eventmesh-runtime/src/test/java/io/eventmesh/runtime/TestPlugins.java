package io.eventmesh.runtime;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStoreProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Plugins that a test names, without a class path being searched. */
public final class TestPlugins implements Plugins {
    private final List<Plugin> plugins = new ArrayList<>();

    /** A meta store {@code zookeeper}, storages {@code memory} and {@code other}, role {@code mesh}, door {@code http}. */
    public static TestPlugins usual() {
        return new TestPlugins()
                .with(new MetaProvider(InMemoryMetaStore.cluster()))
                .with(new TestStorageProvider("memory"))
                .with(new TestStorageProvider("other"))
                .with(new TestRoleProvider("mesh", 10, told -> {}))
                .with(new DoorProvider());
    }

    /** Adds a plugin, in place of one of the same name and kind. */
    public TestPlugins with(Plugin plugin) {
        plugins.removeIf(
                other -> other.getClass() == plugin.getClass() && other.name().equals(plugin.name()));
        plugins.add(plugin);
        return this;
    }

    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return plugins.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .sorted(Comparator.comparing(Plugin::name))
                .toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        return all(kind).stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, name));
    }

    /** A section without keys. */
    record NoKeys() {}

    /** A storage's section. */
    public record StorageKeys(@Doc("How much it may keep.") DataSize maxBytes, Secret password) {
        public StorageKeys {
            Check.positive("max-bytes", maxBytes);
        }
    }

    /** A door's section. */
    public record DoorKeys(
            String host, @Doc("Where it listens.") int port, Duration drainTimeout) {
        public DoorKeys {
            Check.port("port", port);
            Check.notNegative("drain-timeout", drainTimeout);
        }
    }

    /** A role's section. */
    public record RoleKeys(int window) {}

    record TestStorageProvider(String name) implements StorageProvider<StorageKeys> {
        @Override
        public Class<StorageKeys> configType() {
            return StorageKeys.class;
        }

        @Override
        public StorageKeys defaults() {
            return new StorageKeys(DataSize.ofMebibytes(64), Secret.none());
        }

        @Override
        public Storage create(StorageKeys config, StorageContext context) {
            throw new UnsupportedOperationException();
        }
    }

    record MetaProvider(Map<String, MetaStore.Versioned> cluster) implements MetaStoreProvider<NoKeys> {
        @Override
        public String name() {
            return "zookeeper";
        }

        @Override
        public Class<NoKeys> configType() {
            return NoKeys.class;
        }

        @Override
        public NoKeys defaults() {
            return new NoKeys();
        }

        @Override
        public MetaStore create(NoKeys config, String connect, String name, MeshClock clock, Path dataDirectory) {
            return new InMemoryMetaStore(cluster);
        }
    }

    record DoorProvider() implements ProtocolServerProvider<DoorKeys> {
        @Override
        public String name() {
            return "http";
        }

        @Override
        public Class<DoorKeys> configType() {
            return DoorKeys.class;
        }

        @Override
        public DoorKeys defaults() {
            return new DoorKeys("127.0.0.1", 10_105, Duration.ofSeconds(5));
        }

        @Override
        public ProtocolServer create(DoorKeys config, ProtocolContext context) {
            throw new UnsupportedOperationException();
        }
    }

    record TestRoleProvider(String name, int order, Consumer<String> told, Runnable onStart)
            implements RoleProvider<RoleKeys> {
        TestRoleProvider(String name, int order, Consumer<String> told) {
            this(name, order, told, () -> {});
        }

        @Override
        public Class<RoleKeys> configType() {
            return RoleKeys.class;
        }

        @Override
        public RoleKeys defaults() {
            return new RoleKeys(256);
        }

        @Override
        public Role create(RoleKeys config, RoleContext context) {
            return new TestRole(name, context, told, onStart);
        }
    }
}
