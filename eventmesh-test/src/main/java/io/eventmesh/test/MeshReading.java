package io.eventmesh.test;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads what a mesh keeps, from the earliest event on, without moving anybody's progress. Thread-safe. */
final class MeshReading {
    private static final Duration CALL = Duration.ofSeconds(10);
    private static final DeliveryTerms LOOKING_ON =
            new DeliveryTerms(DeliveryTerms.DEFAULT.retry(), DeliveryTerms.DEFAULT.ackTimeout(), false);

    private final Mesh mesh;
    /** Reads topics of the mesh's own too. */
    private final CallContext context = CallContext.of(Principal.runtime("probe"), "probe");

    private final AtomicInteger readers = new AtomicInteger();

    MeshReading(Mesh mesh) {
        this.mesh = mesh;
    }

    /** The events of a pattern in the order of their storing, once there are so many or the time is over. */
    List<EventRecord> read(String pattern, int count, Duration within) {
        Collected collected = new Collected(count);
        SubscribeTerms terms = new SubscribeTerms(
                "probe-" + readers.incrementAndGet(), TopicPattern.of(pattern), Start.earliest(), LOOKING_ON, "probe");
        Member member = now(mesh.subscribe(context, terms, collected));
        member.request(Integer.MAX_VALUE, Long.MAX_VALUE);
        try {
            collected.enough.get(within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException notEnough) {
            // The caller sees how many there are.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        member.close();
        now(mesh.deleteSubscription(context, member.subscription()));
        return collected.inOrder();
    }

    /** What the mesh keeps of dead letters. */
    List<EventRecord> deadLetters() {
        List<EventRecord> all = new ArrayList<>();
        for (StreamStatus stream : now(mesh.streams())) {
            if (stream.name().name().startsWith("_dl/") && stream.events() > 0) {
                all.addAll(read(stream.name().name(), Math.toIntExact(stream.events()), CALL));
            }
        }
        return all;
    }

    private static <T> T now(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(CALL.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw EventMeshException.of(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw EventMeshException.of(interrupted);
        }
    }

    private static final class Collected implements Receiver {
        private static final Comparator<Delivery> STORED = Comparator.<Delivery>comparingLong(
                        delivery -> delivery.record().appendTimeMillis())
                .thenComparingInt(delivery -> delivery.position().partition().index())
                .thenComparingLong(delivery -> delivery.position().offset());

        final CompletableFuture<Void> enough = new CompletableFuture<>();
        private final int count;
        private final List<Delivery> deliveries = new ArrayList<>();

        Collected(int count) {
            this.count = count;
            if (count <= 0) {
                enough.complete(null);
            }
        }

        @Override
        public void deliver(Delivery delivery) {
            synchronized (this) {
                deliveries.add(delivery);
                if (deliveries.size() < count) {
                    return;
                }
            }
            enough.complete(null);
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {
            enough.complete(null);
        }

        synchronized List<EventRecord> inOrder() {
            return deliveries.stream().sorted(STORED).map(Delivery::record).toList();
        }
    }
}
