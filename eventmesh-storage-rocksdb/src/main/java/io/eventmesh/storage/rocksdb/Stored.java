package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.spi.target.Destination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The stored forms of facts, each with its version in front. */
final class Stored {
    static final int VERSION = 1;

    /** A stream as it is stored. */
    record Stream(StreamName name, StreamSettings settings) {}

    /** A group as it is stored. */
    record Subscription(SubscriptionName name, DeliveryTerms terms, Set<StreamName> streams) {}

    /** A ticket and the bytes that its event is counted with. */
    record Parked(Ticket ticket, int size) {}

    private Stored() {}

    static Stream stream(BinaryReader in) {
        requireVersion(in);
        return new Stream(new StreamName(in.requireText(), in.requireText()), new StreamSettings(in.i32()));
    }

    static byte[] group(SubscriptionName name, DeliveryTerms terms, Collection<StreamName> streams) {
        Destination destination = terms.destination();
        BinaryWriter out = new BinaryWriter()
                .u8(VERSION)
                .text(name.namespace())
                .text(name.group())
                .text(name.pattern().value())
                .i32(terms.retry().maxAttempts())
                .duration(terms.retry().initialDelay())
                .f64(terms.retry().multiplier())
                .duration(terms.retry().maxDelay())
                .duration(terms.ackTimeout())
                .u8(terms.ordered() ? 1 : 0)
                .text(terms.filter())
                .text(destination == null ? null : destination.kind())
                .text(destination == null ? null : destination.spec())
                .i32(streams.size());
        for (StreamName stream : streams) {
            out.text(stream.namespace()).text(stream.name());
        }
        return out.bytes();
    }

    static Subscription group(BinaryReader in) {
        requireVersion(in);
        SubscriptionName name =
                new SubscriptionName(in.requireText(), in.requireText(), TopicPattern.of(in.requireText()));
        RetryPolicy retry = new RetryPolicy(in.i32(), in.duration(), in.f64(), in.duration());
        Duration ackTimeout = in.duration();
        boolean ordered = in.u8() == 1;
        String filter = in.requireText();
        String kind = in.text();
        String spec = in.text();
        Destination destination = kind == null || spec == null ? null : new Destination(kind, spec);
        Set<StreamName> streams = new HashSet<>();
        for (int left = in.i32(); left > 0; left--) {
            streams.add(new StreamName(in.requireText(), in.requireText()));
        }
        return new Subscription(name, new DeliveryTerms(retry, ackTimeout, ordered, filter, destination), streams);
    }

    /** That a group is paused says the key. */
    static byte[] paused() {
        return new BinaryWriter().u8(VERSION).bytes();
    }

    static byte[] progress(Progress progress) {
        return new BinaryWriter()
                .u8(VERSION)
                .i64(progress.watermark())
                .raw(progress.ackedAbove() == 0 ? new byte[0] : progress.acked().toByteArray())
                .bytes();
    }

    static Progress progress(BinaryReader in) {
        requireVersion(in);
        long watermark = in.i64();
        return Progress.of(watermark, BitSet.valueOf(in.raw(in.remaining())));
    }

    static byte[] gaps(List<Gap> gaps) {
        BinaryWriter out = new BinaryWriter().u8(VERSION).i32(gaps.size());
        for (Gap gap : gaps) {
            out.text(gap.partition().stream().namespace())
                    .text(gap.partition().stream().name())
                    .i32(gap.partition().index())
                    .i64(gap.from())
                    .i64(gap.to())
                    .i64(gap.count())
                    .text(gap.why().name());
        }
        return out.bytes();
    }

    static List<Gap> gaps(BinaryReader in) {
        requireVersion(in);
        List<Gap> gaps = new ArrayList<>();
        for (int left = in.i32(); left > 0; left--) {
            StreamPartition partition =
                    new StreamPartition(new StreamName(in.requireText(), in.requireText()), in.i32());
            gaps.add(new Gap(partition, in.i64(), in.i64(), in.i64(), Gap.Why.valueOf(in.requireText())));
        }
        return gaps;
    }

    static byte[] ticket(Ticket ticket, int size) {
        return new BinaryWriter()
                .u8(VERSION)
                .i32(size)
                .text(ticket.lane())
                .i32(ticket.attempts())
                .i64(ticket.firstOfferMillis())
                .i64(ticket.dueMillis())
                .text(ticket.cause())
                .bytes();
    }

    static Parked ticket(Position position, BinaryReader in) {
        requireVersion(in);
        int size = in.i32();
        @Nullable String lane = in.text();
        return new Parked(new Ticket(position, lane, in.i32(), in.i64(), in.i64(), in.requireText()), size);
    }

    private static void requireVersion(BinaryReader in) {
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException("version: " + version + " (expected: " + VERSION + ")");
        }
    }
}
