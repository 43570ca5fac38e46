package io.eventmesh.spi.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TargetSenderTest {
    private static final Outcome DONE = new Outcome.Done();
    private static final Outcome AGAIN = new Outcome.Again(ErrorCode.DELIVERY_FAILED, "busy", Duration.ZERO);
    private static final Outcome NEVER = new Outcome.Never(ErrorCode.DELIVERY_FAILED, "poison");
    private static final Outcome STOP = new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "gone");

    /** Answers when the test says. */
    private static final class Manual implements TargetSender {
        private final List<CompletableFuture<Outcome>> sent = new ArrayList<>();

        @Override
        public CompletionStage<Outcome> send(EventRecord record, int attempt) {
            CompletableFuture<Outcome> outcome = new CompletableFuture<>();
            sent.add(outcome);
            return outcome;
        }

        @Override
        public void close() {}
    }

    private static List<Attempt> batch(int events) {
        Event event = Event.builder().id("1").source("/s").type("t").build();
        return IntStream.range(0, events)
                .mapToObj(
                        i -> new Attempt(new EventRecord(TopicName.of("a"), null, 1, 0, null, null, null, 0, event), 1))
                .toList();
    }

    @Test
    void theEventsOfABatchGoOneAfterAnother() {
        Manual sender = new Manual();

        CompletableFuture<List<Outcome>> outcomes = sender.send(batch(3)).toCompletableFuture();

        assertThat(sender.sent).hasSize(1);
        sender.sent.get(0).complete(DONE);
        assertThat(sender.sent).hasSize(2);
        sender.sent.get(1).complete(NEVER);
        sender.sent.get(2).complete(DONE);
        assertThat(outcomes).isCompletedWithValue(List.of(DONE, NEVER, DONE));
    }

    @Test
    void whatComesAgainEndsItForThoseBehindIt() {
        for (Outcome end : List.of(AGAIN, STOP)) {
            Manual sender = new Manual();

            CompletableFuture<List<Outcome>> outcomes = sender.send(batch(3)).toCompletableFuture();
            sender.sent.get(0).complete(DONE);
            sender.sent.get(1).complete(end);

            assertThat(outcomes).isCompletedWithValue(List.of(DONE, end, end));
            assertThat(sender.sent).hasSize(2);
        }
    }

    @Test
    void aLargeBatchThatIsAnsweredAtOnceNeedsNoDeepStack() {
        TargetSender prompt = new TargetSender() {
            @Override
            public CompletionStage<Outcome> send(EventRecord record, int attempt) {
                return CompletableFuture.completedStage(NEVER);
            }

            @Override
            public void close() {}
        };

        assertThat(prompt.send(batch(100_000)).toCompletableFuture().getNow(List.of()))
                .hasSize(100_000);
        assertThat(prompt.send(List.of()).toCompletableFuture()).isCompletedWithValue(List.of());
    }

    @Test
    void termsAreWhatAPolicySaysAndDefaultsWhereItSaysNothing() {
        SendTerms terms = SendTerms.of(DeliveryPolicy.newBuilder()
                .setTimeoutMs(1_500)
                .setRetryAfterMaxMs(60_000)
                .addRetryOn(503)
                .setBatchEvents(7)
                .setMaxInFlight(3)
                .build());

        assertThat(terms).isEqualTo(new SendTerms(Duration.ofMillis(1_500), Duration.ofMinutes(1), Set.of(503), 7, 3));
        assertThat(SendTerms.of(DeliveryPolicy.getDefaultInstance()))
                .isEqualTo(SendTerms.defaults().withRetryAfterMax(Duration.ZERO));
    }

    @Test
    void aCredentialDoesNotShowItsSecrets() {
        assertThat(new Credential("key", 3, "bearer", "{\"token\": \"s3cret\"}").toString())
                .contains("key", "bearer", "3")
                .doesNotContain("s3cret");
        assertThat(new Destination("webhook", "s3cret").toString()).doesNotContain("s3cret");
    }
}
