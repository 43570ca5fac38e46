package io.eventmesh.connector.http.source;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves webhooks: what is posted becomes events, and the sender is answered 202 when the mesh has stored them.
 *
 * <p>Nothing of a request is kept beyond its answer: whoever is answered 503 (too much waits, the task is paused, loses
 * its lease or ends, the mesh takes too long) sends it again. So there is no position to go on from.
 *
 * <p>Several tasks serve the same port, each on a runtime of its own.
 */
final class WebhookSource implements SourceConnector, WebhookServer.Intake {
    private static final Logger log = LoggerFactory.getLogger(WebhookSource.class);
    private static final int MAX_WAITING = 1_024;
    private static final long MAX_WAITING_BYTES = 8L << 20;
    private static final int MAX_POLLED = 256;
    private static final Duration POLL = Duration.ofMillis(900);

    private final WebhookServer server;
    private final TaskContext context;
    private final BlockingQueue<Delivery> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicLong waitingBytes = new AtomicLong();
    /** Records of a large batch that did not fit into the last poll. */
    private final Deque<SourceRecord> rest = new ArrayDeque<>();

    private volatile boolean closed;

    WebhookSource(WebhookSourceConfig config, TaskContext context) {
        this.context = context;
        String source = "/connectors/%s/%s".formatted(context.namespace(), context.connector());
        this.server = new WebhookServer(config, context.clock(), new WebhookEvents(config, source), this);
    }

    @Override
    public void open(Map<String, byte[]> positions) throws Exception {
        int port = server.start();
        log.info("Webhook source listens. task={} port={}", context.task(), port);
        if (closed) {
            server.close();
        }
    }

    /** Where it listens. */
    int port() {
        return server.port();
    }

    /** How many requests are not polled yet. */
    int waiting() {
        return waiting.size();
    }

    @Override
    public @Nullable EventMeshException offer(Delivery delivery) {
        if (closed) {
            return leaving();
        }
        // one delivery fits always
        boolean full =
                waitingBytes.getAndAdd(delivery.bytes()) + delivery.bytes() > MAX_WAITING_BYTES && !waiting.isEmpty();
        if (full || !waiting.offer(delivery)) {
            waitingBytes.addAndGet(-delivery.bytes());
            return new EventMeshException(
                    ErrorCode.OVERLOADED, "too many requests wait for the mesh already", Duration.ofSeconds(1));
        }
        return null;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        if (rest.isEmpty()) {
            Delivery first = closed ? null : waiting.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
            while (first != null) {
                waitingBytes.addAndGet(-first.bytes());
                if (!first.isAnswered()) {
                    rest.addAll(first.records());
                }
                first = rest.size() < MAX_POLLED ? waiting.poll() : null;
            }
        }
        List<SourceRecord> records = new ArrayList<>();
        while (records.size() < MAX_POLLED && !rest.isEmpty()) {
            records.add(rest.remove());
        }
        return records;
    }

    @Override
    public void close() {
        closed = true;
        server.close();
    }

    static EventMeshException leaving() {
        return new EventMeshException(
                ErrorCode.OVERLOADED, "the task ends here and goes on elsewhere", Duration.ofSeconds(1));
    }
}
