package io.eventmesh.runtime.connector;

import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells the mesh what became of deliveries: ack, dead letter, or another time; ack and dead letter only while the lease
 * allows to. Used by the task's thread.
 */
final class Settlement {
    private final Member member;
    private final TaskControl control;
    private final TaskStats stats;
    private final TaskRequests requests;
    private final SinkLetters letters;
    /** What the plugin rejected by itself, until the record is settled. */
    private final IdentityHashMap<SinkRecord, Throwable> rejected = new IdentityHashMap<>();

    Settlement(Member member, TaskControl control, TaskStats stats, TaskRequests requests, SinkLetters letters) {
        this.member = member;
        this.control = control;
        this.stats = stats;
        this.requests = requests;
        this.letters = letters;
    }

    /** Soft fence: what is put stays put, and is acked when the lease is renewed. */
    void awaitWork() throws InterruptedException {
        while (!control.works()) {
            control.requireHeld();
            control.await(control.changes());
        }
    }

    /** The sink has them safe: acked, but for what the plugin rejected itself. */
    void safe(Collection<Held> held) throws InterruptedException {
        awaitWork();
        rejected.putAll(requests.takeRejected());
        long moved = 0;
        Map<Held, Throwable> refused = new LinkedHashMap<>();
        for (Held each : held) {
            Throwable why = rejected.isEmpty() ? null : rejected.remove(each.record());
            if (why == null) {
                member.ack(each.delivery().id());
                letters.moved();
                moved++;
            } else {
                refused.put(each, why);
            }
        }
        stats.moved(moved);
        for (Map.Entry<Held, Throwable> each : refused.entrySet()) {
            letters.setAside(member, each.getKey().delivery(), DeadLetters.Stage.PUT, each.getValue());
        }
    }

    /** The records that the plugin rejected by itself and that are not settled. */
    List<SinkRecord> rejections() {
        rejected.putAll(requests.takeRejected());
        return rejected.isEmpty() ? List.of() : new ArrayList<>(rejected.keySet());
    }

    /** The sink will never take it. */
    void rejected(Held held, Throwable why) throws InterruptedException {
        awaitWork();
        rejected.remove(held.record());
        letters.setAside(member, held.delivery(), DeadLetters.Stage.PUT, why);
    }

    /** The connector does not want it: done without the sink. */
    void filtered(Delivery delivery) throws InterruptedException {
        awaitWork();
        member.ack(delivery.id());
        member.request(1, delivery.record().event().size());
        letters.moved();
    }

    /** It cannot be judged or changed for the sink. */
    void failed(Delivery delivery, Passing.Failed failure) throws InterruptedException {
        awaitWork();
        letters.setAside(member, delivery, failure.stage(), failure.why());
        member.request(1, delivery.record().event().size());
    }

    /** They shall come again after the delay. */
    void later(Collection<Held> held, Duration delay) {
        held.forEach(each -> member.release(each.delivery().id(), delay));
    }

    /** The sink holds nothing: a rejection that is left over names no record of ours. */
    void idle() {
        requests.takeRejected();
        rejected.clear();
    }
}
