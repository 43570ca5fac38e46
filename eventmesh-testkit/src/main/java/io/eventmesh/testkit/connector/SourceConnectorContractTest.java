package io.eventmesh.testkit.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every {@link SourceConnector} must do. The foreign system begins empty. */
public abstract class SourceConnectorContractTest {
    private final List<SourceConnector> made = new ArrayList<>();

    /** A new connector, not opened, on the same foreign system each time. */
    protected abstract SourceConnector connector() throws Exception;

    /** Gives the foreign system so many further records, each of them different. */
    protected abstract void produce(int records) throws Exception;

    /** How the names of those threads begin with which the test itself stands in for the foreign system. */
    protected List<String> threadsOfTheStandIn() {
        return List.of();
    }

    @AfterEach
    final void closeConnectors() {
        made.forEach(SourceConnector::close);
    }

    @Test
    public void everyRecordComesOnce() throws Exception {
        produce(5);
        SourceConnector source = opened(Map.of());

        List<SourceRecord> records = poll(source, 5);

        assertThat(records).hasSize(5);
        assertThat(records.stream().map(SourceConnectorContractTest::data)).doesNotHaveDuplicates();
        assertThat(source.poll()).isEmpty();
    }

    @Test
    public void whatIsProducedLaterComesToo() throws Exception {
        SourceConnector source = opened(Map.of());
        assertThat(source.poll()).isEmpty();

        produce(2);
        List<SourceRecord> first = poll(source, 2);
        produce(2);

        assertThat(first).hasSize(2);
        assertThat(poll(source, 2)).hasSize(2);
    }

    @Test
    public void anEmptySourceIsPolledInAboutASecond() throws Exception {
        SourceConnector source = opened(Map.of());
        long before = MeshClock.system().nanoTime();

        assertThat(source.poll()).isEmpty();

        assertThat(Duration.ofNanos(MeshClock.system().nanoTime() - before)).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    public void theNextOwnerGoesOnBehindThePosition() throws Exception {
        produce(6);
        SourceConnector first = opened(Map.of());
        List<SourceRecord> records = poll(first, 6);
        first.close();
        Map<String, byte[]> committed = new HashMap<>();
        records.subList(0, 4).forEach(record -> committed.put(record.partition(), record.position()));

        SourceConnector second = opened(committed);

        assertThat(poll(second, 2).stream().map(SourceConnectorContractTest::data))
                .containsExactlyElementsOf(records.subList(4, 6).stream()
                        .map(SourceConnectorContractTest::data)
                        .toList());
        assertThat(second.poll()).isEmpty();
    }

    @Test
    public void aRecordReadTwiceHasTheSamePosition() throws Exception {
        produce(4);
        SourceConnector first = opened(Map.of());
        List<SourceRecord> records = poll(first, 4);
        first.close();
        SourceRecord known = records.get(1);

        List<SourceRecord> again = poll(opened(Map.of(known.partition(), known.position())), 2);

        assertThat(again.stream().map(record -> new String(record.position(), UTF_8)))
                .containsExactlyElementsOf(records.subList(2, 4).stream()
                        .map(record -> new String(record.position(), UTF_8))
                        .toList());
    }

    @Test
    public void eachRecordOfAPartitionHasItsOwnPosition() throws Exception {
        produce(5);

        List<SourceRecord> records = poll(opened(Map.of()), 5);

        assertThat(records.stream().map(record -> record.partition() + new String(record.position(), UTF_8)))
                .doesNotHaveDuplicates();
    }

    @Test
    public void eventsNeedOnlyIdAndSourceToBePublishable() throws Exception {
        produce(1);

        SourceRecord record = poll(opened(Map.of()), 1).get(0);

        Event event =
                Objects.requireNonNull(record.event()).id("1").source("/s").build();
        assertThatCode(event::requirePublishable).doesNotThrowAnyException();
    }

    @Test
    public void closeEndsAPollOfAnotherThread() throws Exception {
        SourceConnector source = opened(Map.of());
        CountDownLatch ended = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread poller = NamedThreads.named("poller", () -> {
            try {
                source.poll();
            } catch (Exception mayBe) {
                failure.set(mayBe);
            }
            ended.countDown();
        });
        poller.start();

        source.close();

        assertThat(ended.await(2, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    public void anInterruptEndsAPollSoon() throws Exception {
        SourceConnector source = opened(Map.of());
        CountDownLatch ended = new CountDownLatch(1);
        Thread poller = NamedThreads.named("poller", () -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    source.poll();
                }
            } catch (Exception expected) {
                // an interrupt may end a poll as a failure
            } finally {
                ended.countDown();
            }
        });
        poller.start();

        poller.interrupt();

        assertThat(ended.await(2, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    public void closingIsAllowedFromAnyStateAndAgain() throws Exception {
        SourceConnector neverOpened = connector();
        SourceConnector source = opened(Map.of());

        assertThatCode(() -> {
                    neverOpened.close();
                    neverOpened.close();
                    source.close();
                    source.close();
                })
                .doesNotThrowAnyException();
    }

    @Test
    public void noThreadIsLeftAfterClose() throws Exception {
        produce(1);
        Threads threads = Threads.besides(threadsOfTheStandIn());
        SourceConnector source = opened(Map.of());
        poll(source, 1);

        source.close();

        threads.assertNoneLeft();
    }

    /** A new connector, opened at the positions. */
    protected final SourceConnector opened(Map<String, byte[]> positions) throws Exception {
        SourceConnector source = connector();
        made.add(source);
        source.open(positions);
        return source;
    }

    /** Polls until so many records came. */
    protected static List<SourceRecord> poll(SourceConnector source, int records) {
        List<SourceRecord> came = new ArrayList<>();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
            if (came.size() < records) {
                came.addAll(source.poll());
            }
            return came.size() >= records;
        });
        return came;
    }

    /** The data of a record's event. */
    protected static String data(SourceRecord record) {
        return new String(Objects.requireNonNull(record.event()).build().data(), UTF_8);
    }
}
