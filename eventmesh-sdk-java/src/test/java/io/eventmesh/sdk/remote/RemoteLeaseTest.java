package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a runtime's tasks do with the mesh is done under the runtime's lease. */
class RemoteLeaseTest extends RemoteFixture {
    private static final CallContext TASK = CALLER.withFence(new TaskFence("t", 1, 1));
    private static final SubscribeTerms TERMS = new SubscribeTerms(
            "_connectors/c", TopicPattern.of("orders/>"), Start.earliest(), DeliveryTerms.DEFAULT, "runtime-1/t");

    private final AtomicReference<ByteString> lease = new AtomicReference<>(ByteString.copyFromUtf8("one"));
    private TestRuntime runtime;
    private RemoteMesh mesh;

    @BeforeEach
    void connect() {
        runtime = runtime("a");
        mesh = mesh(RemoteOptions.defaults()
                .asRuntime("runtime-1", Secret.of("right"))
                .withLease(lease::get));
        discovery.tell(runtime.endpoint());
    }

    @Test
    void anEventOfATaskComesUnderTheNewestProof() throws Exception {
        now(mesh.publish(TASK, outgoing("1")));
        now(mesh.publish(TASK, outgoing("2")));
        lease.set(ByteString.copyFromUtf8("two"));
        now(mesh.publish(TASK, outgoing("3")));

        assertThat(runtime.leases.asked()).containsExactly("one", "one", "two");
    }

    @Test
    void anEventOfNoTaskNeedsNone() throws Exception {
        now(mesh.publish(CALLER, outgoing("1")));

        assertThat(runtime.leases.asked()).isEmpty();
    }

    @Test
    void anEventWhoseLeaseIsOverIsRefusedUntilItIsRenewed() throws Exception {
        now(mesh.publish(TASK, outgoing("1")));
        runtime.leases.only("two");

        assertThat(refusal(mesh.publish(TASK, outgoing("2"))).code()).isEqualTo(ErrorCode.META_UNAVAILABLE);
        assertThat(runtime.mesh.published()).hasSize(1);
        lease.set(ByteString.copyFromUtf8("two"));
        now(mesh.publish(TASK, outgoing("3")));

        assertThat(runtime.mesh.published()).hasSize(2);
    }

    @Test
    void aTaskSubscribesAndAcksUnderTheNewestProof() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(mesh.subscribe(TASK, TERMS, receiver));
        member.request(10, 1 << 20);
        await().until(() -> runtime.mesh.members().get(0).eventCredit() == 10);
        runtime.mesh.members().get(0).offer("orders/eu", event("1"));
        await().until(() -> receiver.deliveries().size() == 1);
        runtime.leases.only("two");
        lease.set(ByteString.copyFromUtf8("two"));

        member.ack(receiver.deliveries().get(0).id());

        await().until(() -> runtime.mesh.members().get(0).acked().size() == 1);
        assertThat(runtime.leases.asked()).containsExactly("one", "two");
    }

    @Test
    void anAckWhoseLeaseIsOverIsNotTakenAndTheMemberComesBack() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(mesh.subscribe(TASK, TERMS, receiver));
        member.request(10, 1 << 20);
        await().until(() -> runtime.mesh.members().get(0).eventCredit() == 10);
        runtime.mesh.members().get(0).offer("orders/eu", event("1"));
        await().until(() -> receiver.deliveries().size() == 1);
        runtime.leases.only("two");

        member.ack(receiver.deliveries().get(0).id());

        await().until(() -> runtime.mesh.members().get(0).isClosed());
        assertThat(runtime.mesh.members().get(0).acked()).isEmpty();
        lease.set(ByteString.copyFromUtf8("two"));
        await().atMost(SOON).until(() -> runtime.mesh.members().size() == 2);
    }
}
