package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EventScanPropertyTest {
    private static final int CASES = 1_000_000;

    @Test
    @Timeout(300)
    void theScanSeesWhatProtobufSees() {
        long seed = Seed.next();
        int cases = Seed.count(CASES);
        int accepted = 0;
        long start = System.nanoTime();
        for (long i = seed; i != seed + cases; i++) {
            if (agrees(i)) {
                accepted++;
            }
        }
        System.out.printf(
                "scan and parseFrom agree on %,d inputs, %,d of them valid, in %,d ms; seed %d%n",
                cases, accepted, (System.nanoTime() - start) / 1_000_000, seed);
        if (cases == CASES) {
            assertThat(accepted).as("seed %d", seed).isBetween(cases / 4, cases * 3 / 4);
        }
    }

    private static boolean agrees(long seed) {
        try {
            byte[] bytes = WireFuzz.event(seed);
            CloudEvent message = ProtobufView.parseOrNull(bytes);
            Event event = scanOrNull(bytes);
            if (event == null) {
                assertThat(message == null || ProtobufView.refusesByteByByte(bytes))
                        .as("refused")
                        .isTrue();
                return false;
            }
            if (message == null) {
                throw new AssertionError("protobuf refuses what the scan accepts");
            }
            ProtobufView.assertSame(event, message);
            if (seed % 16 == 0) {
                ProtobufView.assertSame(Event.rescan(bytes), message);
                copiesAgree(event, message);
            }
            return true;
        } catch (Exception | AssertionError e) {
            throw Seed.failed(seed, e);
        }
    }

    private static void copiesAgree(Event event, CloudEvent message) throws InvalidProtocolBufferException {
        Event less = event.without(Set.of("", "subject", "a"));
        CloudEvent lessMessage = message.toBuilder()
                .removeAttributes("")
                .removeAttributes("subject")
                .removeAttributes("a")
                .build();
        assertThat(less.parse()).isEqualTo(lessMessage);
        ProtobufView.assertSame(less, lessMessage);

        Event more = less.with(Map.of("subject", "ä", "new", "x".repeat(200)));
        CloudEvent moreMessage = lessMessage.toBuilder()
                .putAttributes("subject", string("ä"))
                .putAttributes("new", string("x".repeat(200)))
                .build();
        assertThat(more.parse()).isEqualTo(moreMessage);
        ProtobufView.assertSame(more, moreMessage);
    }

    private static CloudEventAttributeValue string(String value) {
        return CloudEventAttributeValue.newBuilder().setCeString(value).build();
    }

    private static @Nullable Event scanOrNull(byte[] bytes) {
        try {
            return Event.scan(bytes);
        } catch (EventMeshException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.EVENT_INVALID);
            return null;
        }
    }
}
