package io.eventmesh.test;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A membership that can be cut off: what was delivered and not settled is then offered again, and it attaches anew with
 * its terms and the credit that is left. Thread-safe; all state lives in a serial executor, which calls the receiver.
 */
final class ProbedMember implements Member {
    private final Mesh behind;
    private final CallContext context;
    private final SubscribeTerms terms;
    private final Receiver receiver;
    private final SerialExecutor serial;
    private final Consumer<ProbedMember> ended;
    private final CompletableFuture<Member> attached = new CompletableFuture<>();
    private volatile SubscriptionName subscription;
    private Line line = new Line();
    private long events;
    private long bytes;
    private long nextDelivery = 1;
    private boolean done;

    ProbedMember(
            Mesh behind,
            CallContext context,
            SubscribeTerms terms,
            Receiver receiver,
            SerialExecutor serial,
            Consumer<ProbedMember> ended) {
        this.behind = behind;
        this.context = context;
        this.terms = terms;
        this.receiver = receiver;
        this.serial = serial;
        this.ended = ended;
        this.subscription = new SubscriptionName(
                context.namespace(), terms.isPassing() ? "passing" : terms.group(), terms.pattern());
    }

    CompletionStage<Member> open() {
        serial.execute(this::attach);
        return attached;
    }

    void drop() {
        serial.execute(() -> {
            Line lost = line;
            if (!done && lost.member != null) {
                line = new Line();
                lost.member.close();
                attach();
            }
        });
    }

    @Override
    public SubscriptionName subscription() {
        return subscription;
    }

    @Override
    public void request(int moreEvents, long moreBytes) {
        serial.execute(() -> {
            events += moreEvents;
            bytes += moreBytes;
            if (line.member != null) {
                line.member.request(moreEvents, moreBytes);
            }
        });
    }

    @Override
    public void ack(long delivery) {
        settle(delivery, Member::ack);
    }

    @Override
    public void release(long delivery, Duration delay) {
        settle(delivery, (member, id) -> member.release(id, delay));
    }

    @Override
    public void reject(long delivery, String reason) {
        settle(delivery, (member, id) -> member.reject(id, reason));
    }

    @Override
    public void leave() {
        leave(Member::leave);
    }

    @Override
    public void close() {
        leave(Member::close);
    }

    private void leave(Consumer<Member> way) {
        serial.execute(() -> {
            if (!done) {
                end();
                if (line.member != null) {
                    way.accept(line.member);
                }
            }
        });
    }

    private void settle(long delivery, BiConsumer<Member, Long> word) {
        serial.execute(() -> {
            Long id = line.deliveries.remove(delivery);
            if (id != null && line.member != null) {
                word.accept(line.member, id);
            }
        });
    }

    private void attach() {
        Line opened = line;
        behind.subscribe(context, terms, opened)
                .whenComplete((member, failure) -> serial.execute(() -> attached(opened, member, failure)));
    }

    private void attached(Line opened, @Nullable Member member, @Nullable Throwable failure) {
        if (member == null) {
            EventMeshException why = EventMeshException.of(failure == null ? new IllegalStateException() : failure);
            end();
            if (!attached.completeExceptionally(why)) {
                receiver.closed(why);
            }
        } else if (done) {
            member.close();
        } else {
            opened.member = member;
            subscription = member.subscription();
            member.request((int) Math.max(0, Math.min(Integer.MAX_VALUE, events)), Math.max(0, bytes));
            attached.complete(this);
        }
    }

    private void end() {
        done = true;
        ended.accept(this);
    }

    /** One attachment. */
    private final class Line implements Receiver {
        /** From this member's ids to the mesh's. */
        final Map<Long, Long> deliveries = new HashMap<>();

        @Nullable
        Member member;

        @Override
        public void deliver(Delivery delivery) {
            serial.execute(() -> {
                if (line == this && !done) {
                    long id = nextDelivery++;
                    deliveries.put(id, delivery.id());
                    events--;
                    bytes -= delivery.record().event().size();
                    receiver.deliver(new Delivery(id, delivery.position(), delivery.record(), delivery.attempt()));
                }
            });
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {
            serial.execute(() -> {
                if (line == this && !done) {
                    end();
                    receiver.closed(cause);
                }
            });
        }
    }
}
