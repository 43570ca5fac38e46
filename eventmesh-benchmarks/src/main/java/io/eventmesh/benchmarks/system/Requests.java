package io.eventmesh.benchmarks.system;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.eventmesh.proto.cloudevents.CloudEventBatch;
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

    /** Events made so far. */
    long made() {
        return nextNumber.get();
    }

    byte[] next() {
        return eventsEach == 1 ? event() : batch();
    }

    byte[] event() {
        return nextTopic().numbered(take());
    }

    private SampleEvent nextTopic() {
        int topic = nextTopic;
        nextTopic = topic + 1 == topics.size() ? 0 : topic + 1;
        return topics.get(topic);
    }

    private long take() {
        long number = nextNumber.getAndIncrement();
        sentAt[(int) (number % REMEMBERED)] = System.nanoTime();
        return number;
    }

    /** Nanoseconds since the event was made; for the thread that makes them. */
    long age(long number) {
        return System.nanoTime() - sentAt[(int) (number % REMEMBERED)];
    }

    private byte[] batch() {
        int size = topics.get(0).size();
        int prefix = CodedOutputStream.computeTagSize(CloudEventBatch.EVENTS_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(size);
        byte[] bytes = new byte[eventsEach * (prefix + size)];
        for (int i = 0; i < eventsEach; i++) {
            int at = i * (prefix + size);
            CodedOutputStream out = CodedOutputStream.newInstance(bytes, at, prefix);
            try {
                out.writeTag(CloudEventBatch.EVENTS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag(size);
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
            long number = take();
            nextTopic().write(number, bytes, at + prefix);
        }
        return bytes;
    }
}
