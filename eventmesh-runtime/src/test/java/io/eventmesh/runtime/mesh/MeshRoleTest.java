package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.admin.FakeMeta;
import io.eventmesh.runtime.admin.FakeProcess;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.config.RuntimeConfig;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.storage.memory.MemoryStorageProvider;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MeshRoleTest {
    @TempDir
    private Path directory;

    private final FakeMeta meta = new FakeMeta();
    private final OneDoor door = new OneDoor();
    private FakeProcess process;
    private MeshRole role;

    @BeforeEach
    void make() {
        process = new FakeProcess(meta, directory, new StorageAndDoor(), new RecordingMesh());
        process.configure(LimitsConfig.defaults());
        process.configure(new RuntimeConfig.Topics(true, 1, Map.of()));
        process.configure(new RuntimeConfig.Security(RuntimeConfig.Anonymous.LOOPBACK, Secret.none()));
        process.configure(MemoryStorageConfig.defaults());
        process.configure(new OneDoor.Config(true));
        role = new MeshRole(MeshConfig.defaults(), process);
    }

    @AfterEach
    void close() {
        role.close();
        process.close();
    }

    @Test
    void aDoorOpensOnceTheRightsOfTasksAreKnown() {
        meta.hold(MetaPaths.FENCES);
        CompletableFuture<Void> started = CompletableFuture.runAsync(role::start);
        await().during(Duration.ofMillis(300)).until(() -> door.given == null);
        meta.set(MetaPaths.FENCES + "/t1", "2:7");

        meta.release(MetaPaths.FENCES);

        await().until(started::isDone);
        assertThat(started).isCompleted();
        assertThat(publish(new TaskFence("t1", 2, 6))).isCompletedExceptionally();
        assertThat(publish(new TaskFence("t1", 2, 7))).succeedsWithin(Duration.ofSeconds(5));
    }

    @Test
    void aKeyThatNobodyCanReadKeepsNoTaskOut() {
        role.start();
        ProtocolContext given = door.awaited();

        meta.set(MetaPaths.LEASE_KEYS + "/1", "not a key");

        given.leases().check(Principal.runtime("r1"), ByteString.EMPTY);
        assertThat(role.health().state()).isEqualTo(Health.State.UP);
    }

    @Test
    void aRightThatComesByACallIsComparedWithTheOneInTheMetaStore() {
        role.start();
        meta.hold(MetaPaths.FENCES);
        meta.set(MetaPaths.FENCES + "/t1", "2:7");

        publish(new TaskFence("t1", 2, 6));

        assertThatThrownBy(() -> publish(new TaskFence("t1", 2, 6)).get(5, TimeUnit.SECONDS))
                .hasMessageContaining("(2, 7) or newer");
    }

    private CompletableFuture<?> publish(TaskFence fence) {
        CallContext context = CallContext.of(Principal.runtime("r1"), "test").withFence(fence);
        Event event = Event.builder().id("1").source("/s").type("t").text("x").build();
        return door.awaited()
                .mesh()
                .publish(context, new Outgoing(TopicName.of("orders"), event))
                .toCompletableFuture();
    }

    private final class StorageAndDoor implements Plugins {
        private final List<Plugin> all = List.of(new MemoryStorageProvider(), door);

        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return all.stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return all(kind).get(0);
        }
    }

    /** A door that only keeps what it was given. */
    private static final class OneDoor implements ProtocolServerProvider<OneDoor.Config> {
        record Config(boolean enabled) {}

        private volatile @Nullable ProtocolContext given;

        private ProtocolContext awaited() {
            ProtocolContext known = given;
            if (known == null) {
                throw new AssertionError("the door is closed");
            }
            return known;
        }

        @Override
        public String name() {
            return "one";
        }

        @Override
        public Class<Config> configType() {
            return Config.class;
        }

        @Override
        public Config defaults() {
            return new Config(true);
        }

        @Override
        public ProtocolServer create(Config config, ProtocolContext context) {
            given = context;
            return new ProtocolServer() {
                @Override
                public String address() {
                    return "one:1";
                }

                @Override
                public String banner() {
                    return "one";
                }

                @Override
                public String name() {
                    return "one";
                }

                @Override
                public void start() {}

                @Override
                public Health health() {
                    return Health.up();
                }

                @Override
                public void close() {}
            };
        }
    }
}
