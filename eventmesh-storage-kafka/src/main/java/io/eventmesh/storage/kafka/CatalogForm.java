package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.target.Destination;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The records of the catalog topic, format {@value #FORMAT}. A key is a text that begins with what it is about; a value is
 * in big-endian order, texts as the length of their UTF-8 in four bytes and the UTF-8, durations as seconds and nanoseconds.
 */
final class CatalogForm {
    static final int FORMAT = 1;
    static final String FORMAT_KEY = "format";

    private static final String STREAM = "stream/";
    private static final String GROUP = "group/";

    private CatalogForm() {}

    static String key(StreamName stream) {
        return STREAM + stream;
    }

    static String key(SubscriptionName group) {
        return GROUP + group;
    }

    static byte[] bytes(String key) {
        return key.getBytes(UTF_8);
    }

    static String text(byte[] key) {
        return new String(key, UTF_8);
    }

    /** @throws IllegalArgumentException for what this format does not know */
    static CatalogFact read(String about, byte[] value) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(value))) {
            if (about.equals(FORMAT_KEY)) {
                return new CatalogFact.Format(in.readInt());
            }
            if (about.startsWith(STREAM)) {
                return stream(in);
            }
            if (about.startsWith(GROUP)) {
                return new CatalogFact.Group(group(in));
            }
        } catch (IOException | EventMeshException damaged) {
            throw new IllegalArgumentException("catalog entry of %s bytes".formatted(value.length), damaged);
        }
        throw new IllegalArgumentException("catalog entry of an unknown kind");
    }

    static byte[] write(CatalogFact fact) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            if (fact instanceof CatalogFact.Format format) {
                out.writeInt(format.version());
            } else if (fact instanceof CatalogFact.Stream stream) {
                write(stream, out);
            } else if (fact instanceof CatalogFact.Group group) {
                write(group.entry(), out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array takes everything", e);
        }
        return bytes.toByteArray();
    }

    private static CatalogFact.Stream stream(DataInputStream in) throws IOException {
        StreamName name = new StreamName(text(in), text(in));
        int partitions = in.readInt();
        String topic = text(in);
        Uuid id = new Uuid(in.readLong(), in.readLong());
        boolean going = in.readBoolean();
        return new CatalogFact.Stream(new StreamEntry(name, partitions, topic, id), going);
    }

    private static void write(CatalogFact.Stream stream, DataOutputStream out) throws IOException {
        StreamEntry entry = stream.entry();
        text(out, entry.name().namespace());
        text(out, entry.name().name());
        out.writeInt(entry.partitions());
        text(out, entry.topic());
        out.writeLong(entry.topicId().getMostSignificantBits());
        out.writeLong(entry.topicId().getLeastSignificantBits());
        out.writeBoolean(stream.going());
    }

    private static GroupEntry group(DataInputStream in) throws IOException {
        SubscriptionName name = new SubscriptionName(text(in), text(in), TopicPattern.of(text(in)));
        Set<StreamName> streams = new HashSet<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            streams.add(new StreamName(text(in), text(in)));
        }
        RetryPolicy retry = new RetryPolicy(in.readInt(), duration(in), in.readDouble(), duration(in));
        Duration ackTimeout = duration(in);
        boolean ordered = in.readBoolean();
        String filter = text(in);
        Destination destination = in.readBoolean() ? new Destination(text(in), text(in)) : null;
        DeliveryTerms terms = new DeliveryTerms(retry, ackTimeout, ordered, filter, destination);
        return new GroupEntry(name, streams, terms, in.readBoolean(), text(in));
    }

    private static void write(GroupEntry entry, DataOutputStream out) throws IOException {
        text(out, entry.name().namespace());
        text(out, entry.name().group());
        text(out, entry.name().pattern().toString());
        out.writeInt(entry.streams().size());
        for (StreamName stream : entry.streams()) {
            text(out, stream.namespace());
            text(out, stream.name());
        }
        DeliveryTerms terms = entry.terms();
        out.writeInt(terms.retry().maxAttempts());
        duration(out, terms.retry().initialDelay());
        out.writeDouble(terms.retry().multiplier());
        duration(out, terms.retry().maxDelay());
        duration(out, terms.ackTimeout());
        out.writeBoolean(terms.ordered());
        text(out, terms.filter());
        @Nullable Destination destination = terms.destination();
        out.writeBoolean(destination != null);
        if (destination != null) {
            text(out, destination.kind());
            text(out, destination.spec());
        }
        out.writeBoolean(entry.paused());
        text(out, entry.incarnation());
    }

    private static String text(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("text of %s bytes (expected: 0 to %s)".formatted(length, in.available()));
        }
        return new String(in.readNBytes(length), UTF_8);
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static Duration duration(DataInputStream in) throws IOException {
        return Duration.ofSeconds(in.readLong(), in.readInt());
    }

    private static void duration(DataOutputStream out, Duration duration) throws IOException {
        out.writeLong(duration.getSeconds());
        out.writeInt(duration.getNano());
    }
}
