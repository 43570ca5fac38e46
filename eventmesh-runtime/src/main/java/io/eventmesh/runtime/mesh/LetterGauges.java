package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Repeated;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many dead letters wait for somebody, looked at every now and then, and an alarm when the storage had to remove some:
 * a stream of letters has the bound of any other, and beyond it the oldest go, so that events go on. Thread-safe.
 */
final class LetterGauges implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LetterGauges.class);
    private static final Duration EVERY = Duration.ofSeconds(10);
    private static final int LOOKS_BETWEEN_ALARMS = 60;

    private final DeadLetterStreams letters;
    private final Storage storage;
    /** How far those gaps reach that were told of, or were there at the start. */
    private final Map<StreamPartition, Long> told = new HashMap<>();

    /** What was lost since the last alarm. */
    private final Map<StreamName, Long> unsaid = new TreeMap<>(Comparator.comparing(StreamName::toString));

    private int silence;
    private boolean begun;

    private volatile long events;
    private volatile long bytes;
    private final AtomicLong lost = new AtomicLong();
    private final Repeated looks;

    LetterGauges(DeadLetterStreams letters, Storage storage, MeterRegistry meters, Scheduler scheduler) {
        this.letters = letters;
        this.storage = storage;
        this.looks = new Repeated(scheduler, EVERY, this::look);
        Gauge.builder("eventmesh.dead.letters.events", this, gauges -> gauges.events)
                .description("Dead letters that nobody has redriven or discarded")
                .register(meters);
        Gauge.builder("eventmesh.dead.letters.bytes", this, gauges -> gauges.bytes)
                .description("Bytes of the streams of dead letters")
                .register(meters);
        Gauge.builder("eventmesh.dead.letters.lost.events", this, gauges -> gauges.lost.get())
                .description("Dead letters that were removed to make room before anybody had looked, since the start")
                .register(meters);
    }

    void start() {
        looks.start();
    }

    private void look() {
        try {
            long waiting = 0;
            long kept = 0;
            for (StreamInfo stream : letters.all("")) {
                GroupInfo standing =
                        storage.group(DeadLetterStreams.standing(stream.name())).orElse(null);
                waiting += standing == null ? stream.events() : standing.lagEvents();
                kept += stream.bytes();
                if (standing != null) {
                    tell(stream.name(), standing);
                }
            }
            events = waiting;
            bytes = kept;
            begun = true;
            alarm();
        } catch (EventMeshException unavailable) {
            // the storage is down; its own health says so
            log.debug("Dead letters cannot be counted. error={}", unavailable.reason());
        }
    }

    private void tell(StreamName stream, GroupInfo standing) {
        long gone = 0;
        for (Gap gap : standing.gaps()) {
            long before = Math.max(told.getOrDefault(gap.partition(), 0L), gap.from());
            if (gap.why() == Gap.Why.CUT_OFF && gap.to() > before) {
                told.put(gap.partition(), gap.to());
                // a gap grows while the group is cut off
                gone += Math.min(gap.count(), gap.to() - before);
            }
        }
        if (gone > 0 && begun) {
            lost.addAndGet(gone);
            unsaid.merge(stream, gone, Long::sum);
        }
    }

    /** At once, and then no more often than every ten minutes. */
    private void alarm() {
        if (--silence > 0) {
            return;
        }
        unsaid.forEach((stream, count) -> {
            silence = LOOKS_BETWEEN_ALARMS;
            log.error("Dead letters were removed to make room, nobody had looked. stream={} count={}", stream, count);
        });
        unsaid.clear();
    }

    @Override
    public void close() {
        looks.close();
    }
}
