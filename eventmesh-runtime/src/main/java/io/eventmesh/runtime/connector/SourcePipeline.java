package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.connector.SentWindow.Sent;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.SourceRecord.Receipt;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Principal;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source task's way of an event: poll, filter and transform, publish within a window, and once the mesh has stored it
 * and everything before it, the position to the admin and then to the plugin.
 *
 * <p>What the mesh refuses for now is sent again for ever, in order; what it refuses for good goes to the connector's dead
 * letter and counts as done when it is stored there.
 */
final class SourcePipeline implements Pipeline {
    private static final Logger log = LoggerFactory.getLogger(SourcePipeline.class);
    private static final long MAX_BACK_OFF_MILLIS = 5_000;

    private final TaskFence fence;
    private final TaskControl control;
    private final TaskStats stats;
    private final TaskEnvironment environment;
    private final TaskRequests requests;
    private final SourceConnector connector;
    private final Mesh mesh;
    private final CallContext context;
    private final TopicName topic;
    private final SourceEvents events;
    private final Passing passing;
    private final boolean tolerated;
    private final DeadLetters deadLetters;
    private final DeadLetterWatch letters;
    private final PositionCommits commits;
    private final SentWindow window = new SentWindow();

    private Iterator<SourceRecord> polled = Collections.emptyIterator();
    private int refusals;
    private boolean refusing;

    SourcePipeline(
            TaskTerms terms,
            TaskFence fence,
            TaskControl control,
            TaskStats stats,
            TaskEnvironment environment,
            TaskRequests requests,
            SourceConnector connector) {
        TaskDefinition task = terms.definition();
        this.fence = fence;
        this.control = control;
        this.stats = stats;
        this.environment = environment;
        this.requests = requests;
        this.connector = connector;
        this.mesh = environment.mesh();
        this.context = context(environment, task, fence);
        this.topic = TopicName.of(task.getTopic());
        this.events = new SourceEvents(task);
        this.passing = terms.passing();
        this.tolerated = terms.letters().tolerated();
        this.deadLetters = new DeadLetters(task, terms.letters().topicOf(task), fence, environment.clock());
        this.letters = new DeadLetterWatch(fence, control, environment.config());
        this.commits = new PositionCommits(
                environment.records(), fence, control, stats, environment.config(), control.nanoTime());
    }

    /** The source of a connector's events. */
    static String source(TaskDefinition task) {
        return "/connectors/" + task.getNamespace() + "/" + task.getConnector();
    }

    /** Tasks are told apart as connections are, so that what a task publishes without a key keeps its order. */
    static CallContext context(TaskEnvironment environment, TaskDefinition task, TaskFence fence) {
        return new CallContext(
                Principal.runtime(environment.runtime()),
                task.getNamespace(),
                "connector",
                fence.task().hashCode(),
                0,
                null,
                fence);
    }

    @Override
    public void run(Consumer<TaskState> states) throws Exception {
        try {
            connector.open(commits.load());
            states.accept(TaskState.RUNNING);
            move(states);
            states.accept(TaskState.DRAINING);
            drain();
        } finally {
            connector.close();
        }
    }

    @Override
    public void abandon() {
        connector.close();
    }

    private void move(Consumer<TaskState> states) throws Exception {
        boolean rests = false;
        while (!control.isEnding() && !requests.restartWanted()) {
            if (letters.rests() != rests) {
                rests = !rests;
                turn(rests, states);
            }
            step(rests);
        }
    }

    private void step(boolean paused) throws Exception {
        control.requireHeld();
        long seen = control.changes();
        settle();
        if (!control.works()) {
            control.await(seen);
        } else if (refusing) {
            resend();
        } else if (isFull()) {
            control.await(seen);
        } else if (paused) {
            control.await(seen);
        } else if (polled.hasNext()) {
            sendPolled();
        } else {
            polled = connector.poll().iterator();
        }
    }

    private void turn(boolean rests, Consumer<TaskState> states) throws Exception {
        if (rests) {
            settleAll(drainTimeout());
        }
        states.accept(rests ? TaskState.PAUSED : TaskState.RUNNING);
    }

    private boolean isFull() {
        return window.count() >= environment.config().windowEvents()
                || window.bytes() >= environment.config().windowBytes().bytes();
    }

    /** Sends what was polled, until something stands in the way. */
    private void sendPolled() throws Exception {
        while (polled.hasNext() && !isFull() && control.works() && !control.isEnding()) {
            take(polled.next());
        }
    }

    private void take(SourceRecord record) throws Exception {
        EventBuilder given = record.event();
        String id = events.id(record);
        if (given == null) {
            tell(window.add(record, null, null), null);
            return;
        }
        Event event;
        try {
            event = events.event(record, given, id);
        } catch (EventMeshException undecodable) {
            if (mayRefuse(record)) {
                tell(window.add(record, null, null), undecodable);
                return;
            }
            setAside(record.partition(), undecodable);
            send(window.add(
                    record, null, deadLetters.undecodable(given.givenData(), id, record.partition(), undecodable)));
            return;
        }
        EventMeshException failure = record.failure();
        if (failure != null) {
            fails(record, event, DeadLetters.Stage.TRANSFORM, failure);
        } else {
            pass(record, event);
        }
    }

    private void pass(SourceRecord record, Event event) throws Exception {
        Passing.Outcome outcome = passing.pass(topic, event, environment.clock().millis());
        if (outcome instanceof Passing.Passed passed) {
            send(window.add(record, passed.event(), new Outgoing(topic, passed.event())));
        } else if (outcome instanceof Passing.Failed failed) {
            fails(record, event, failed.stage(), failed.why());
        } else {
            tell(window.add(record, null, null), null);
        }
    }

    /** It is sent as a dead letter from the beginning. */
    private void fails(SourceRecord record, Event event, DeadLetters.Stage stage, EventMeshException why)
            throws Exception {
        if (mayRefuse(record)) {
            tell(window.add(record, null, null), why);
            return;
        }
        setAside(record.partition(), why);
        Outgoing letter = deadLetters.of(
                event, stage, record.partition(), 0, environment.clock().instant(), why);
        Sent sent = window.add(record, event, letter);
        sent.replace(letter);
        send(sent);
    }

    /** Before it, where none is tolerated, what was sent is finished: only the record itself comes again. */
    private void setAside(String place, EventMeshException why) throws Exception {
        if (!tolerated) {
            settleAll(drainTimeout());
        }
        letter(place, why);
    }

    private void letter(String place, EventMeshException why) {
        if (!tolerated) {
            throw new NotTolerated(place, why);
        }
        letters.deadLetter(place, FailureText.reason(why));
    }

    private void send(Sent sent) {
        window.sending(sent, environment.clock().instant());
        mesh.publish(context, sent.outgoing()).whenComplete((position, failure) -> {
            window.answered(sent, failure == null ? null : EventMeshException.of(failure));
            control.wake();
        });
    }

    /** Takes what was answered meanwhile, and lets positions follow. */
    private void settle() throws Exception {
        int stored = window.takeAnswers(this::stored, this::refused);
        if (stored > 0) {
            stats.moved(stored);
            if (!refusing) {
                refusals = 0;
            }
        }
        window.release(commits::acked);
        stats.inFlight(window.count());
        commits.step(control.nanoTime());
        Map<String, byte[]> positions = commits.takeStored();
        if (!positions.isEmpty()) {
            connector.committed(positions);
        }
    }

    private void stored(Sent sent) {
        if (sent.deadLetterForm() == 0) {
            letters.moved();
        }
        tell(sent, null);
    }

    private static void tell(Sent sent, @Nullable EventMeshException refused) {
        Receipt receipt = sent.record().receipt();
        if (!sent.settles() || receipt == null) {
            return;
        }
        if (refused == null) {
            receipt.stored();
        } else {
            receipt.refused(refused);
        }
    }

    /** Whether who sent the record keeps it when it is refused: it learns so, and no dead letter is needed. */
    private static boolean mayRefuse(SourceRecord record) {
        return record.isPositionless() && record.receipt() != null;
    }

    private void refused(Sent sent, EventMeshException why) {
        switch (why.code()) {
            case EVENT_INVALID, EVENT_TOO_LARGE -> {
                if (mayRefuse(sent.record())) {
                    sent.giveUp();
                    tell(sent, why);
                    return;
                }
                sent.replace(deadLetter(sent, why));
            }
            case FENCED, PERMISSION_DENIED, UNAUTHENTICATED, TOPIC_NOT_FOUND, REQUEST_INVALID -> throw why;
            default -> log.debug("Publish refused, sending again. task={} code={}", fence.task(), why.code());
        }
        refusing = true;
    }

    private Outgoing deadLetter(Sent sent, EventMeshException why) {
        return switch (sent.deadLetterForm()) {
            case 0 -> {
                letter(sent.partition(), why);
                yield deadLetters.of(
                        sent.event(), DeadLetters.Stage.PUBLISH, sent.partition(), sent.sends(), sent.first(), why);
            }
            case 1 -> deadLetters.enveloped(sent.event(), sent.partition(), sent.sends(), sent.first(), why);
            default ->
                throw new EventMeshException(
                        ErrorCode.INTERNAL, "dead letter refused: " + why.reason() + " (expected: stored)", why);
        };
    }

    /** Waits until nothing is on its way, and a little when it was refused before; then sends again in order. */
    private void resend() throws Exception {
        while (window.pending() > 0) {
            long seen = control.changes();
            control.requireHeld();
            if (window.takeAnswers(this::stored, this::refused) == 0 && window.pending() > 0) {
                control.await(seen);
            }
        }
        if (refusals++ > 0) {
            long millis = Math.min(MAX_BACK_OFF_MILLIS, 25L << Math.min(refusals, 8));
            control.pause(Duration.ofMillis(millis));
        }
        if (control.works()) {
            refusing = false;
            window.toResend().forEach(this::send);
        }
    }

    /** The task ends: what was published is waited for, what was only polled will be read again by the next owner. */
    private void drain() throws Exception {
        Duration bound = drainTimeout();
        if (!settleAll(bound)) {
            log.warn(
                    "Task ends with records in flight, they will come again. task={} inFlight={}",
                    fence.task(),
                    window.count());
        }
    }

    private Duration drainTimeout() {
        return control.drainTimeout(environment.config().drainTimeout());
    }

    private boolean settleAll(Duration bound) throws Exception {
        long until = control.nanoTime() + bound.toNanos();
        while (window.count() > 0 && until - control.nanoTime() > 0) {
            control.requireHeld();
            long seen = control.changes();
            settle();
            if (refusing) {
                resend();
            } else if (window.count() > 0) {
                control.await(seen);
            }
        }
        long left = Math.max(until - control.nanoTime(), Duration.ofMillis(500).toNanos());
        boolean stored = commits.flush(control.nanoTime(), Duration.ofNanos(left));
        Map<String, byte[]> positions = commits.takeStored();
        if (!positions.isEmpty()) {
            connector.committed(positions);
        }
        return stored && window.count() == 0;
    }
}
