package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.mesh.TaskFence;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a batch into a sink: again and again while its failure may pass, then its events one by one.
 *
 * <p>A sink that asks for a longer rest than a batch may be tried gets it: the batch goes back to the mesh until then.
 * Used by the task's thread.
 */
final class SinkBatch {
    /** What is done with records that the sink took. */
    interface Taken {
        void taken(List<Held> held) throws Exception;
    }

    /**
     * What came of putting records.
     *
     * @param failure that will not pass; null when there is none
     * @param rest positive when the sink shall be left alone that long, with the records given back
     */
    private record Put(@Nullable Exception failure, Duration rest) {
        private static final Put TAKEN = new Put(null, Duration.ZERO);

        private boolean isGivenBack() {
            return !rest.isZero();
        }
    }

    /** After that long the events go back to the mesh, well before their time is out there. */
    static final Duration LONGEST_RETRY = Duration.ofMinutes(2);

    private static final Logger log = LoggerFactory.getLogger(SinkBatch.class);
    private static final Duration LONGEST_REST = Duration.ofHours(1);
    private static final long MAX_BACK_OFF_MILLIS = 10_000;

    private final SinkConnector connector;
    private final boolean flushes;
    private final TaskFence fence;
    private final TaskControl control;
    private final Settlement settlement;
    private final Taken taken;

    /** @param flushes whether what is put is to be flushed at once */
    SinkBatch(
            SinkConnector connector,
            boolean flushes,
            TaskFence fence,
            TaskControl control,
            Settlement settlement,
            Taken taken) {
        this.connector = connector;
        this.flushes = flushes;
        this.fence = fence;
        this.control = control;
        this.settlement = settlement;
        this.taken = taken;
    }

    /**
     * Brings the batch to the sink, and what of it the sink will never take to the dead letter.
     *
     * @return how long the sink wants to be left alone, what it did not take being given back to the mesh; zero when
     *     all of it is settled
     * @throws Exception the failure that did not pass in time
     */
    Duration put(List<Held> batch) throws Exception {
        Put whole = attempt(batch);
        if (whole.failure() == null || batch.size() == 1) {
            return settled(batch, batch, whole);
        }
        for (int i = 0; i < batch.size(); i++) {
            List<Held> one = batch.subList(i, i + 1);
            Duration rest = settled(one, batch.subList(i, batch.size()), attempt(one));
            if (!rest.isZero()) {
                return rest;
            }
        }
        return Duration.ZERO;
    }

    private Duration settled(List<Held> held, List<Held> left, Put put) throws Exception {
        if (put.isGivenBack()) {
            settlement.later(left, put.rest());
        } else if (put.failure() == null) {
            taken.taken(held);
        } else {
            settlement.rejected(held.get(0), put.failure());
        }
        return put.rest();
    }

    private Put attempt(List<Held> held) throws Exception {
        List<SinkRecord> records = held.stream().map(Held::record).toList();
        long since = control.nanoTime();
        for (int failures = 0; ; failures++) {
            settlement.awaitWork();
            Exception failure = putOnce(records);
            if (failure == null) {
                return Put.TAKEN;
            }
            if (isConnectors(failure)) {
                throw failure;
            }
            if (!mayPass(failure)) {
                return new Put(failure, Duration.ZERO);
            }
            Duration asked = asked(failure);
            Duration tried = Duration.ofNanos(control.nanoTime() - since);
            if (!asked.isZero() && tried.plus(asked).compareTo(LONGEST_RETRY) > 0) {
                log.warn(
                        "Sink asks for a rest, its events go back until then. task={} restMs={} error={}",
                        fence.task(),
                        asked.toMillis(),
                        FailureText.reason(failure));
                return new Put(null, asked);
            }
            if (control.isEnding() || tried.compareTo(LONGEST_RETRY) > 0) {
                throw failure;
            }
            if (control.isPaused()) {
                return new Put(null, Duration.ofMillis(MAX_BACK_OFF_MILLIS));
            }
            if (failures == 0) {
                log.warn("Sink fails, trying again. task={} error={}", fence.task(), FailureText.reason(failure));
            }
            long backOff = Math.min(MAX_BACK_OFF_MILLIS, 200L << Math.min(failures, 6));
            control.pause(Duration.ofMillis(Math.max(backOff, asked.toMillis())));
        }
    }

    private @Nullable Exception putOnce(List<SinkRecord> records) throws InterruptedException {
        try {
            connector.put(records);
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception failure) {
            control.requireHeld();
            return failure;
        }
        if (!flushes) {
            return null;
        }
        try {
            connector.flush();
            return null;
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception failure) {
            control.requireHeld();
            // no single event is to blame for a flush
            return mayPass(failure)
                    ? failure
                    : new IOException("flush failed: " + FailureText.reason(failure), failure);
        }
    }

    /** The connector is to blame, and every event would fail alike: none is set aside for it. */
    private static boolean isConnectors(Exception failure) {
        return failure instanceof EventMeshException refusal
                && switch (refusal.code()) {
                    case CONFIG_INVALID, CONNECTOR_CONFIG_INVALID, UNAUTHENTICATED, PERMISSION_DENIED, FENCED -> true;
                    default -> false;
                };
    }

    private static boolean mayPass(Exception failure) {
        if (failure instanceof EventMeshException refusal) {
            return refusal.code().retryable() || refusal.code() == ErrorCode.DEADLINE_EXCEEDED;
        }
        return failure instanceof IOException;
    }

    private static Duration asked(Exception failure) {
        Duration asked = failure instanceof EventMeshException refusal ? refusal.retryAfter() : Duration.ZERO;
        return asked.isNegative() ? Duration.ZERO : asked.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : asked;
    }
}
