package io.eventmesh.testkit.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every door must do, over real sockets and a {@link RecordingMesh}. A door's test extends this class and says how
 * to make the door and a client that speaks its protocol.
 */
public abstract class ProtocolServerContractTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    /** The mesh behind the door. */
    protected final RecordingMesh mesh = new RecordingMesh();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new NamedThreads("contract-timer"));
    private final ExecutorService dispatch = Executors.newSingleThreadExecutor(new NamedThreads("contract-dispatch"));
    private final ExecutorService background =
            Executors.newSingleThreadExecutor(new NamedThreads("contract-background"));

    /** Makes the door without starting it. */
    protected abstract ProtocolServer door(String host, int port, ProtocolContext context);

    /** The full key of the door's port, such as {@code mesh.grpc.port}. */
    protected abstract String portKey();

    /** Connects a client to a started door. */
    protected abstract DoorClient client(ProtocolServer door);

    /**
     * Subscribes over the wire with credit for some events; returns when the door said that the subscription stands.
     * Empty for a door through which nobody subscribes.
     */
    protected abstract Optional<DoorSubscriber> subscribe(ProtocolServer door, String pattern, String group);

    @AfterEach
    final void closeAll() throws Exception {
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
        timer.shutdownNow();
        dispatch.shutdownNow();
        background.shutdownNow();
    }

    /** A context over {@link #mesh} in which everybody is anonymous. */
    protected final ProtocolContext context() {
        return context(credentials -> Principal.ANONYMOUS, (key, host) -> {});
    }

    /** A context over {@link #mesh}. */
    protected final ProtocolContext context(Authenticator authenticator, BindGuard guard) {
        Scheduler scheduler = (delay, task) -> {
            Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
        Executor handOver = task -> dispatch.execute(task);
        return new ProtocolContext(
                "runtime-1",
                mesh,
                authenticator,
                guard,
                DataSize.ofMebibytes(1),
                MeshClock.system(),
                scheduler,
                handOver);
    }

    /** A started door on a free loopback port, closed after the test. */
    protected final ProtocolServer startedDoor() {
        return startedDoor(context());
    }

    /** A started door on a free loopback port, closed after the test. */
    protected final ProtocolServer startedDoor(ProtocolContext context) {
        ProtocolServer door = closing(door("127.0.0.1", 0, context));
        door.start();
        return door;
    }

    /** Closes the thing after the test, before those that were given earlier. */
    protected final <T extends AutoCloseable> T closing(T thing) {
        toClose.add(thing);
        return thing;
    }

    /** An event that may be published. */
    protected static Event event(String id) {
        return Event.builder()
                .id(id)
                .source("/contract")
                .type("contract.tested")
                .dataContentType("text/plain")
                .text("hello " + id)
                .build();
    }

    @Test
    void startBindsAndReportsTheRealPort() throws IOException {
        ProtocolServer door = startedDoor();

        int port = portOf(door);

        assertThat(port).isPositive();
        assertThat(door.banner()).contains(Integer.toString(port));
        assertThat(door.health().state()).isEqualTo(Health.State.UP);
        assertThatThrownBy(() -> bind(port)).isInstanceOf(IOException.class);
    }

    @Test
    void nothingIsOpenedBeforeStart() throws IOException {
        Set<String> before = threads();
        int port = freePort();

        ProtocolServer door = closing(door("127.0.0.1", port, context()));

        // those of earlier tests may end meanwhile
        assertThat(before).containsAll(threads());
        bind(port).close();
        assertThat(door.health().state()).isEqualTo(Health.State.DOWN);
        door.close();
    }

    @Test
    void aTakenPortIsRefusedWithItsKey() throws IOException {
        try (ServerSocket taken = bind(0)) {
            ProtocolServer door = closing(door("127.0.0.1", taken.getLocalPort(), context()));

            EventMeshException refusal = catchThrowableOfType(EventMeshException.class, door::start);

            assertThat(refusal.code()).isEqualTo(ErrorCode.PORT_IN_USE);
            assertThat(refusal.reason())
                    .contains(portKey())
                    .contains("EVENTMESH_" + portKey().replace('.', '_').toUpperCase(java.util.Locale.ROOT))
                    .contains(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void theGuardIsAskedBeforeAnythingIsBound() throws IOException {
        int port = freePort();
        List<String> asked = new ArrayList<>();
        BindGuard guard = (key, host) -> {
            asked.add(key + "=" + host);
            throw new ConfigException("test", List.of(key + ": " + host + " (expected: loopback)"));
        };
        ProtocolServer door = closing(door("0.0.0.0", port, context(c -> Principal.ANONYMOUS, guard)));

        assertThatThrownBy(door::start).isInstanceOf(ConfigException.class);

        assertThat(asked).containsExactly(portKey().replace(".port", ".host") + "=0.0.0.0");
        bind(port).close();
    }

    @Test
    void anEventReachesTheMeshAsItWasSent() {
        DoorClient client = closing(client(startedDoor()));
        Event sent = event("1");

        client.publish("orders/eu/created", sent);

        assertThat(mesh.published()).hasSize(1);
        RecordingMesh.Published got = mesh.published().get(0);
        assertThat(got.outgoing().topic().value()).isEqualTo("orders/eu/created");
        assertThat(got.outgoing().hops()).isZero();
        assertThat(got.outgoing().event().parse()).isEqualTo(sent.parse());
        assertThat(got.context().namespace()).isEqualTo("default");
        assertThat(got.context().principal()).isEqualTo(Principal.ANONYMOUS);
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyRefusalReachesTheCallerWithItsCode(ErrorCode code) {
        DoorClient client = closing(client(startedDoor()));
        mesh.refuseWith(code);

        EventMeshException refusal =
                catchThrowableOfType(EventMeshException.class, () -> client.publish("orders", event("1")));

        assertThat(refusal.code()).isEqualTo(code);
        assertThat(refusal.reason()).isEqualTo("value: x (expected: y)");
    }

    @Test
    void aFailureThatIsNotOursTellsNothingOfTheInside() {
        Authenticator broken = credentials -> {
            throw new IllegalStateException("/secret/path");
        };
        DoorClient client = closing(client(startedDoor(context(broken, (key, host) -> {}))));

        EventMeshException refusal =
                catchThrowableOfType(EventMeshException.class, () -> client.publish("orders", event("1")));

        assertThat(refusal.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(refusal.reason()).doesNotContain("secret");
    }

    @Test
    void whoProvesNothingRightIsRefused() {
        Authenticator strict = credentials -> {
            throw new EventMeshException(ErrorCode.UNAUTHENTICATED, "credentials: none (expected: a token)");
        };
        DoorClient client = closing(client(startedDoor(context(strict, (key, host) -> {}))));

        EventMeshException refusal =
                catchThrowableOfType(EventMeshException.class, () -> client.publish("orders", event("1")));

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void bytesThatAreNoEventAreRefused() {
        DoorClient client = closing(client(startedDoor()));

        EventMeshException refusal = catchThrowableOfType(
                EventMeshException.class, () -> client.publishBytes("orders", new byte[] {10, 5, 1}));

        assertThat(refusal.code()).isEqualTo(ErrorCode.EVENT_INVALID);
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void aTopicThatIsNoneIsRefused() {
        DoorClient client = closing(client(startedDoor()));

        EventMeshException refusal =
                catchThrowableOfType(EventMeshException.class, () -> client.publish("orders//eu", event("1")));

        assertThat(refusal.code()).isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void aSubscriberGetsWhatTheMeshDeliversAndItsAckComesBack() {
        ProtocolServer door = startedDoor();
        Optional<DoorSubscriber> subscribed = subscribe(door, "orders/>", "billing");
        if (subscribed.isEmpty()) {
            return;
        }
        DoorSubscriber subscriber = closing(subscribed.get());
        RecordingMember member = mesh.members().get(0);
        assertThat(member.terms().group()).isEqualTo("billing");
        assertThat(member.terms().pattern().value()).isEqualTo("orders/>");
        await().atMost(SOON).until(() -> member.eventCredit() > 0 && member.byteCredit() > 0);

        Event sent = event("1");
        assertThat(member.offer("orders/eu", sent)).isTrue();

        await().atMost(SOON).until(() -> subscriber.received().size() == 1);
        assertThat(subscriber.received().get(0).parse()).isEqualTo(sent.parse());
        subscriber.ack(0);
        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void aSubscriberThatLeavesLeavesTheMesh() {
        ProtocolServer door = startedDoor();
        Optional<DoorSubscriber> subscribed = subscribe(door, "orders/>", "billing");
        if (subscribed.isEmpty()) {
            return;
        }

        subscribed.get().close();

        await().atMost(SOON).until(() -> mesh.members().get(0).isClosed());
    }

    @Test
    void closeTellsOpenSubscribers() {
        ProtocolServer door = startedDoor();
        Optional<DoorSubscriber> subscribed = subscribe(door, "orders/>", "billing");
        if (subscribed.isEmpty()) {
            return;
        }
        DoorSubscriber subscriber = closing(subscribed.get());

        door.close();

        await().atMost(SOON).until(subscriber::isEnded);
        assertThat(mesh.members().get(0).isClosed()).isTrue();
    }

    @Test
    void closeLetsARunningCallEndAndFreesThePort() throws Exception {
        ProtocolServer door = startedDoor();
        int port = portOf(door);
        DoorClient client = closing(client(door));
        mesh.hold();
        CompletableFuture<Void> running =
                CompletableFuture.runAsync(() -> client.publish("orders", event("1")), background);
        await().atMost(SOON).until(() -> mesh.heldCount() == 1);

        timer.execute(() -> {
            await().pollDelay(Duration.ofMillis(200)).until(() -> true);
            mesh.release();
        });
        door.close();

        running.get(10, TimeUnit.SECONDS);
        bind(port).close();
        assertThat(door.health().state()).isEqualTo(Health.State.DOWN);
    }

    @Test
    void aCallAfterCloseIsRefused() {
        ProtocolServer door = startedDoor();
        DoorClient client = closing(client(door));
        client.publish("orders", event("1"));

        door.close();

        EventMeshException refusal =
                catchThrowableOfType(EventMeshException.class, () -> client.publish("orders", event("2")));
        assertThat(refusal.code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
        assertThat(mesh.published()).hasSize(1);
    }

    @Test
    void closeMayBeCalledAgainAndFromAnyState() {
        ProtocolServer never = door("127.0.0.1", 0, context());
        never.close();
        never.close();
        ProtocolServer door = startedDoor();

        door.close();
        door.close();

        assertThat(door.health().state()).isEqualTo(Health.State.DOWN);
    }

    @Test
    void noThreadIsLeftAfterClose() {
        ProtocolServer door = startedDoor();
        DoorClient client = client(door);
        client.publish("orders", event("1"));
        client.close();

        door.close();

        await().atMost(SOON).untilAsserted(() -> assertThat(threads()).noneMatch(t -> t.startsWith("mesh-")));
    }

    private static int portOf(ProtocolServer door) {
        String address = door.address();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1).replaceAll("\\D", ""));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = bind(0)) {
            return socket.getLocalPort();
        }
    }

    private static ServerSocket bind(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).collect(Collectors.toSet());
    }
}
