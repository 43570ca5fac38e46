package io.eventmesh.tests.fault;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fate;
import io.eventmesh.testkit.checker.Fingerprint;
import io.eventmesh.testkit.checker.HistoryFile;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Place;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A subscriber in a process of its own: notes each event, works on it for a moment, and acks it. Arguments: address,
 * name, file, stream, group.
 */
final class SubscriberMain {
    private static final int WORK_MILLIS = 10;

    private SubscriberMain() {}

    public static void main(String[] arguments) throws Exception {
        String member = arguments[1];
        Route route = new Route(arguments[3], arguments[4]);
        MeshClock clock = MeshClock.system();
        Queue<Runnable> worked = new ConcurrentLinkedQueue<>();
        ScheduledExecutorService work = Executors.newSingleThreadScheduledExecutor();
        EventId stranger = new EventId("stranger", 0);
        try (EventMesh client = Reroute.client(arguments[0]);
                HistoryFile history = new HistoryFile(Path.of(arguments[2]))) {
            Subscription subscription = client.subscribe(route.pattern(), route.group())
                    .from(Start.earliest())
                    .ack(Ack.EXPLICIT)
                    .maxInFlight(Route.WINDOW)
                    .handle(Event.class, (event, delivery) -> {
                        Place place = route.place(delivery);
                        history.add(new Observation.Offered(
                                clock.nanoTime(),
                                route.group(),
                                member,
                                EventId.parse(event.id()).orElse(stranger),
                                place,
                                Fingerprint.of(delivery.topic(), event),
                                delivery.attempt()));
                        worked.add(() -> {
                            history.add(new Observation.Settled(
                                    clock.nanoTime(), route.group(), member, place, Fate.ACKED));
                            delivery.ack();
                        });
                    });
            Future<?> working = work.scheduleWithFixedDelay(
                    () -> {
                        for (Runnable ack = worked.poll(); ack != null; ack = worked.poll()) {
                            ack.run();
                        }
                    },
                    WORK_MILLIS,
                    WORK_MILLIS,
                    TimeUnit.MILLISECONDS);
            subscription.ready().get(60, TimeUnit.SECONDS);
            System.out.println("Ready");
            subscription.ended().get();
            working.cancel(false);
        }
    }
}
