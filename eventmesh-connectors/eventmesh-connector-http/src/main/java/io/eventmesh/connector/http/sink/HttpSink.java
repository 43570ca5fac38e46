package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends events as HTTP requests, a few at once; a batch is put when every one of them was answered.
 *
 * <p>Events with the same partition key go one after the other. When a batch comes again because a part of it failed, the
 * part that was answered is not sent again. Redirects are not followed: the addresses are those of the configuration.
 */
final class HttpSink implements SinkConnector {
    /** How many answered records of failed batches are remembered. */
    private static final int MAX_REMEMBERED = 10_000;

    private final HttpSinkConfig config;
    private final TaskContext context;
    private final Rendering rendering;
    private final Set<String> answered = new LinkedHashSet<>();
    private volatile @Nullable HttpCaller caller;
    private volatile boolean closed;
    private @Nullable Sending sending;

    HttpSink(HttpSinkConfig config, TaskContext context) {
        this.config = config;
        this.context = context;
        this.rendering = new Rendering(config);
    }

    @Override
    public void open() {
        HttpCaller made = new HttpCaller(config.timeout(), config.inFlight());
        caller = made;
        sending = new Sending(config, made, Authorization.of(config.auth(), made, context.clock()), context);
        if (closed) {
            made.close();
        }
    }

    @Override
    public void put(List<SinkRecord> batch) throws Exception {
        Sending open = sending;
        if (closed || open == null) {
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "sink: not open (expected: an open sink)");
        }
        open.send(lanes(batch), this::remember);
        batch.forEach(record -> answered.remove(key(record)));
    }

    /** Nothing is left to wait for: {@link #put} ends when all is answered. */
    @Override
    public void flush() {}

    @Override
    public void close() {
        closed = true;
        HttpCaller open = caller;
        if (open != null) {
            open.close();
        }
    }

    /** What is to be sent, in queues of which each keeps its order. */
    private List<Deque<Call>> lanes(List<SinkRecord> batch) {
        List<List<SinkRecord>> records = new ArrayList<>();
        for (int i = 0; i < config.inFlight(); i++) {
            records.add(new ArrayList<>());
        }
        int free = 0;
        for (SinkRecord record : batch) {
            if (!answered.contains(key(record))) {
                String partitionKey = record.event().partitionKey();
                int place = partitionKey == null ? free++ / config.batch().max() : partitionKey.hashCode();
                records.get(Math.floorMod(place, records.size())).add(record);
            }
        }
        List<Deque<Call>> lanes = new ArrayList<>();
        for (List<SinkRecord> lane : records) {
            if (!lane.isEmpty()) {
                lanes.add(new ArrayDeque<>(rendering.calls(lane, this::reject)));
            }
        }
        return lanes;
    }

    private void reject(SinkRecord record, EventMeshException why) {
        context.reject(record, why);
        remember(List.of(record));
    }

    private void remember(Collection<SinkRecord> done) {
        done.forEach(record -> answered.add(key(record)));
        Iterator<String> oldest = answered.iterator();
        while (answered.size() > MAX_REMEMBERED) {
            oldest.next();
            oldest.remove();
        }
    }

    private static String key(SinkRecord record) {
        return record.event().source() + '\n' + record.event().id() + '\n' + record.position();
    }
}
