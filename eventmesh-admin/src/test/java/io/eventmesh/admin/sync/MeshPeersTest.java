package io.eventmesh.admin.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.DeleteStreamAnswer;
import io.eventmesh.proto.v1.ListStreamsAnswer;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsAnswer;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.Stream;
import io.eventmesh.proto.v1.StreamDetail;
import io.eventmesh.proto.v1.StreamRequest;
import io.eventmesh.proto.v1.Subscription;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.RuntimeRegistration;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the admin makes of what several mesh runtimes say. */
@NullUnmarked // a missing entry fails the test by itself
class MeshPeersTest {
    @TempDir
    Path directory;

    private final MemoryMetaStore meta = new MemoryMetaStore();
    private final Registrations registrations = new Registrations();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Server> servers = new ArrayList<>();
    private AdminProcess context;
    private MeshPeers peers;

    @BeforeEach
    void open() {
        context = new AdminProcess("admin-1", meta, directory);
        registrations.start(meta);
        peers = new MeshPeers(context, registrations, () -> loop);
    }

    @AfterEach
    void close() {
        peers.close();
        registrations.close();
        servers.forEach(Server::shutdownNow);
        loop.shutdownGracefully();
        context.close();
    }

    /** A mesh runtime with its own streams. */
    private static class MeshRuntime extends MeshAdminServiceGrpc.MeshAdminServiceImplBase {
        private final List<String> streams;
        private final SubscriptionStatus.State state;
        /** Answers once it is zero. */
        private final CountDownLatch together;

        MeshRuntime(CountDownLatch together, SubscriptionStatus.State state, String... streams) {
            this.together = together;
            this.state = state;
            this.streams = List.of(streams);
        }

        private static Stream stream(String name) {
            return Stream.newBuilder()
                    .setNamespace("default")
                    .setName(name)
                    .setPartitions(1)
                    .setDurability("MEMORY")
                    .build();
        }

        private static <A> void answer(StreamObserver<A> to, A answer) {
            to.onNext(answer);
            to.onCompleted();
        }

        @Override
        public void listStreams(ListStreamsRequest request, StreamObserver<ListStreamsAnswer> to) {
            together.countDown();
            try {
                together.await();
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
            ListStreamsAnswer.Builder answer = ListStreamsAnswer.newBuilder();
            streams.stream()
                    .filter(name -> ("default:" + name).compareTo(request.getAfter()) > 0)
                    .limit(request.getLimit())
                    .forEach(name -> answer.addStreams(stream(name)));
            answer(to, answer.build());
        }

        @Override
        public void listSubscriptions(ListSubscriptionsRequest request, StreamObserver<ListSubscriptionsAnswer> to) {
            answer(
                    to,
                    ListSubscriptionsAnswer.newBuilder()
                            .addSubscriptions(Subscription.newBuilder()
                                    .setNamespace("default")
                                    .setGroup("g")
                                    .setPattern("a")
                                    .setState(state.name())
                                    .setAckTimeoutMs(1_000)
                                    .setMembers(2))
                            .build());
        }

        @Override
        public void getStream(StreamRequest request, StreamObserver<StreamDetail> to) {
            if (streams.contains(request.getName())) {
                answer(
                        to,
                        StreamDetail.newBuilder()
                                .setStream(stream(request.getName()))
                                .build());
            } else {
                to.onError(Statuses.of(
                        new EventMeshException(ErrorCode.TOPIC_NOT_FOUND, "stream: x (expected: y)"),
                        Optional.empty()));
            }
        }

        @Override
        public void deleteStream(StreamRequest request, StreamObserver<DeleteStreamAnswer> to) {
            to.onError(Statuses.of(
                    new EventMeshException(ErrorCode.STORAGE_FULL, "record: no room (expected: room)"),
                    Optional.empty()));
        }
    }

    private void runtime(String id, SubscriptionStatus.State state, CountDownLatch together, String... streams)
            throws IOException {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new MeshRuntime(together, state, streams))
                .build()
                .start();
        servers.add(server);
        register(id, "127.0.0.1:" + server.getPort());
    }

    private void register(String id, String address) {
        meta.put(
                MetaPaths.RUNTIMES + "/" + id,
                new RuntimeRegistration(id, "i", List.of("mesh"), "1", Map.of("mesh.grpc", address), 1).encode(),
                -2);
    }

    private static CountDownLatch atOnce() {
        return new CountDownLatch(0);
    }

    @Test
    void runtimesAreAskedAtTheSameTimeAndTheirPagesMerged() throws IOException {
        CountDownLatch together = new CountDownLatch(2);
        runtime("r1", SubscriptionStatus.State.IDLE, together, "a", "c", "e");
        runtime("r2", SubscriptionStatus.State.IDLE, together, "b", "c", "d");

        MeshPeers.Found<StreamStatus> first = peers.streams("default", "", 3);
        MeshPeers.Found<StreamStatus> second = peers.streams("default", "default:c", 3);

        assertThat(first.items()).extracting(stream -> stream.name().name()).containsExactly("a", "b", "c");
        assertThat(second.items()).extracting(stream -> stream.name().name()).containsExactly("d", "e");
        assertThat(first.unavailable()).isEmpty();
    }

    @Test
    void aRuntimeThatDoesNotAnswerIsNamed() throws IOException {
        runtime("r1", SubscriptionStatus.State.IDLE, atOnce(), "a");
        register("r2", "127.0.0.1:1");

        MeshPeers.Found<StreamStatus> found = peers.streams("", "", 10);

        assertThat(found.items()).hasSize(1);
        assertThat(found.unavailable()).containsExactly("r2");
    }

    @Test
    void whenNobodyAnswersThatIsSaid() {
        assertThatThrownBy(() -> peers.streams("", "", 10)).hasMessageContaining("none is registered");
        register("r2", "127.0.0.1:1");
        assertThatThrownBy(() -> peers.streams("", "", 10))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE))
                .hasMessageContaining("r2");
    }

    @Test
    void aCutOffIsNotHiddenByTheMembersOfAnotherRuntime() throws IOException {
        runtime("r1", SubscriptionStatus.State.ACTIVE, atOnce());
        runtime("r2", SubscriptionStatus.State.CUT_OFF, atOnce());

        assertThat(peers.subscriptions("", "", 10).items()).singleElement().satisfies(one -> {
            assertThat(one.name()).isEqualTo(new SubscriptionName("default", "g", TopicPattern.of("a")));
            assertThat(one.state()).isEqualTo(SubscriptionStatus.State.CUT_OFF);
            assertThat(one.members()).isEqualTo(4);
        });
    }

    @Test
    void theRuntimeThatKnowsAStreamAnswers() throws IOException {
        runtime("r1", SubscriptionStatus.State.IDLE, atOnce(), "a");
        runtime("r2", SubscriptionStatus.State.IDLE, atOnce(), "b");
        StreamName b = new StreamName("default", "b");
        StreamName none = new StreamName("default", "none");

        assertThat(peers.first(admin -> admin.stream(b)).status().name()).isEqualTo(b);
        assertThatThrownBy(() -> peers.first(admin -> admin.stream(none)))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TOPIC_NOT_FOUND));

        register("r3", "127.0.0.1:1");
        assertThatThrownBy(() -> peers.first(admin -> admin.stream(none)))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
    }

    @Test
    void whatARuntimeRefusesIsHandedOn() throws IOException {
        runtime("r1", SubscriptionStatus.State.IDLE, atOnce(), "a");

        assertThatThrownBy(() -> peers.first(admin -> admin.deleteStream(new StreamName("default", "a"))))
                .isInstanceOfSatisfying(EventMeshException.class, failure -> {
                    assertThat(failure.code()).isEqualTo(ErrorCode.STORAGE_FULL);
                    assertThat(failure.reason()).contains("no room");
                });
        assertThatThrownBy(() -> peers.first(admin -> admin.purgeStream(new StreamName("default", "a"))))
                .as("a method that an older release does not have")
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
    }
}
