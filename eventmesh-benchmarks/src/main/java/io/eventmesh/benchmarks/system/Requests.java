package io.eventmesh.benchmarks.system;

import com.google.protobuf.CodedOutputStream;
import io.eventmesh.proto.cloudevents.CloudEventBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What is sent next: events numbered one after another over all topics, so that each can be told from every other one. */
final class Requests {
    /** More than are ever on their way. */
    private static final int REMEMBERED = 1 << 18;

    private final List<SampleEvent> topics;
    private final int eventsEach;
    private final AtomicLong nextNumber;
    private final long[] sentAt = new long[REMEMBERED];
    private int nextTopic;

    /**
     * @param topics taken in turn
     * @param eventsEach 1 for the event itself, more for a batch
     */
    Requests(List<SampleEvent> topics, int eventsEach, AtomicLong nextNumber) {
        this.topics = topics;
        this.eventsEach = eventsEach;
        this.nextNumber = nextNumber;
    }

    static Requests of(SampleEvent events, AtomicLong nextNumber) {
        return new Requests(List.of(events), 1, nextNumber);
    }

    int eventsEach() {
        return eventsEach;
    }

    byte[] next() {
        return eventsEach == 1 ? event() : batch();
    }

    byte[] event() {
        int topic = nextTopic;
        nextTopic = topic + 1 == topics.size() ? 0 : topic + 1;
        long number = nextNumber.getAndIncrement();
        sentAt[(int) (number % REMEMBERED)] = System.nanoTime();
        return topics.get(topic).numbered(number);
    }

    /** Nanoseconds since the event was made; for the thread that makes them. */
    long age(long number) {
        return System.nanoTime() - sentAt[(int) (number % REMEMBERED)];
    }

    private byte[] batch() {
        ByteArrayOutputStream bytes =
                new ByteArrayOutputStream(eventsEach * (topics.get(0).size() + 8));
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            for (int i = 0; i < eventsEach; i++) {
                out.writeByteArray(CloudEventBatch.EVENTS_FIELD_NUMBER, event());
            }
            out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }
}
