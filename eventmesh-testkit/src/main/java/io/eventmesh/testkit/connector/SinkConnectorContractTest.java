package io.eventmesh.testkit.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every {@link SinkConnector} must do. The foreign system begins empty. */
public abstract class SinkConnectorContractTest {
    private final List<SinkConnector> made = new ArrayList<>();

    /** A new connector, not opened, on the same foreign system each time. */
    protected abstract SinkConnector connector() throws Exception;

    /** The data of the events that the foreign system holds now, in its order. */
    protected abstract List<String> stored() throws Exception;

    /** How the names of those threads begin with which the test itself stands in for the foreign system. */
    protected List<String> threadsOfTheStandIn() {
        return List.of();
    }

    @AfterEach
    final void closeConnectors() {
        made.forEach(SinkConnector::close);
    }

    @Test
    public void whatWasFlushedIsStoredInOrder() throws Exception {
        SinkConnector sink = opened();

        sink.put(records(0, 3));
        sink.put(records(3, 5));
        sink.flush();

        assertThat(stored()).containsExactly(data(0), data(1), data(2), data(3), data(4));
    }

    @Test
    public void theNextOwnerKeepsWhatIsThere() throws Exception {
        SinkConnector first = opened();
        first.put(records(0, 2));
        first.flush();
        first.close();

        SinkConnector second = opened();
        second.put(records(2, 3));
        second.flush();

        assertThat(stored()).containsExactly(data(0), data(1), data(2));
    }

    @Test
    public void flushingNothingIsAllowed() throws Exception {
        SinkConnector sink = opened();

        sink.flush();
        sink.put(List.of());
        sink.flush();

        assertThat(stored()).isEmpty();
    }

    @Test
    public void puttingAfterCloseIsRefused() throws Exception {
        SinkConnector sink = opened();
        sink.close();

        assertThatThrownBy(() -> {
                    sink.put(records(0, 1));
                    sink.flush();
                })
                .isInstanceOf(Exception.class);
        assertThat(stored()).isEmpty();
    }

    @Test
    public void anInterruptEndsAPutSoon() throws Exception {
        SinkConnector sink = opened();
        CountDownLatch ended = new CountDownLatch(1);
        Thread putter = NamedThreads.named("putter", () -> {
            try {
                for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    sink.put(records(i, i + 1));
                    sink.flush();
                }
            } catch (Exception expected) {
                // an interrupt may end a put as a failure
            } finally {
                ended.countDown();
            }
        });
        putter.start();

        putter.interrupt();

        assertThat(ended.await(2, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    public void closingIsAllowedFromAnyStateAndAgain() throws Exception {
        SinkConnector neverOpened = connector();
        SinkConnector sink = opened();

        assertThatCode(() -> {
                    neverOpened.close();
                    neverOpened.close();
                    sink.close();
                    sink.close();
                })
                .doesNotThrowAnyException();
    }

    @Test
    public void noThreadIsLeftAfterClose() throws Exception {
        Threads threads = Threads.besides(threadsOfTheStandIn());
        SinkConnector sink = opened();
        sink.put(records(0, 2));
        sink.flush();

        sink.close();

        threads.assertNoneLeft();
    }

    /** A new connector, opened. */
    protected final SinkConnector opened() throws Exception {
        SinkConnector sink = connector();
        made.add(sink);
        sink.open();
        return sink;
    }

    /** Events with the data {@link #data} of these numbers. */
    protected static List<SinkRecord> records(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(number -> record(Event.builder()
                        .id("id-" + number)
                        .source("/test")
                        .type("number")
                        .dataContentType("application/json")
                        .text(data(number))
                        .build()))
                .toList();
    }

    protected static SinkRecord record(Event event) {
        return new SinkRecord(TopicName.of("numbers"), event, 1);
    }

    protected static String data(int number) {
        return "{\"number\":" + number + "}";
    }
}
