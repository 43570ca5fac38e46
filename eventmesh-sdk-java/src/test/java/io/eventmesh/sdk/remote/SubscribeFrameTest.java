package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SubscribeFrameTest {
    private static SubscribeFrame read(byte[] message) {
        return SubscribeFrame.METHOD.parseResponse(new ByteArrayInputStream(message));
    }

    @Test
    void aDeliveryReadsAsTheGeneratedMessageWould() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 200; round++) {
            byte[] event = new byte[random.nextInt(round < 100 ? 300 : 20_000)];
            random.nextBytes(event);
            SubscribeAnswer.Delivery.Builder delivery = SubscribeAnswer.Delivery.newBuilder()
                    .setId(random.nextLong())
                    .setTopic("orders/" + random.nextInt())
                    .setEvent(ByteString.copyFrom(event))
                    .setAttempt(random.nextInt())
                    .setPartition(random.nextInt(3))
                    .setOffset(random.nextLong())
                    .setAppendTimeMs(random.nextLong())
                    .setTarget(random.nextBoolean() ? "" : "rule/target")
                    .setHops(random.nextInt(5))
                    .setUnknownFields(UnknownFieldSet.newBuilder()
                            .addField(
                                    99,
                                    UnknownFieldSet.Field.newBuilder()
                                            .addFixed64(7)
                                            .build())
                            .build());

            SubscribeFrame frame = read(
                    SubscribeAnswer.newBuilder().setDelivery(delivery).build().toByteArray());

            assertThat(frame.kind()).isEqualTo(SubscribeFrame.Kind.DELIVERY);
            assertThat(frame.id()).isEqualTo(delivery.getId());
            assertThat(frame.topic()).isEqualTo(delivery.getTopic());
            assertThat(frame.event()).isEqualTo(event);
            assertThat(frame.attempt()).isEqualTo(delivery.getAttempt());
            assertThat(frame.partition()).isEqualTo(delivery.getPartition());
            assertThat(frame.offset()).isEqualTo(delivery.getOffset());
            assertThat(frame.appendTimeMillis()).isEqualTo(delivery.getAppendTimeMs());
            assertThat(frame.target()).isEqualTo(delivery.getTarget());
            assertThat(frame.hops()).isEqualTo(delivery.getHops());
        }
    }

    @Test
    void pingsAndFramesOfLaterReleasesAreSignsOfLife() {
        SubscribeAnswer ping = SubscribeAnswer.newBuilder()
                .setPing(SubscribeAnswer.Ping.getDefaultInstance())
                .build();
        byte[] later = UnknownFieldSet.newBuilder()
                .addField(
                        77,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("new"))
                                .build())
                .build()
                .toByteArray();

        assertThat(read(ping.toByteArray()).kind()).isEqualTo(SubscribeFrame.Kind.SIGN_OF_LIFE);
        assertThat(read(later).kind()).isEqualTo(SubscribeFrame.Kind.SIGN_OF_LIFE);
    }

    @Test
    void whatIsCutOffIsRefused() {
        byte[] whole = SubscribeAnswer.newBuilder()
                .setDelivery(SubscribeAnswer.Delivery.newBuilder()
                        .setTopic("orders")
                        .setEvent(ByteString.copyFrom(new byte[5_000])))
                .build()
                .toByteArray();

        for (int length : new int[] {1, 3, 10, 1_000, whole.length - 1}) {
            assertThatThrownBy(() -> read(Arrays.copyOf(whole, length))).isInstanceOf(StatusRuntimeException.class);
        }
    }
}
