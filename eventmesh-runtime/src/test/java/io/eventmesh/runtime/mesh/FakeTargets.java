package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The kind {@code fake} of destinations: the test says what they answer. For one thread. */
final class FakeTargets implements TargetSenderProvider {
    private final List<String> sent = new ArrayList<>();
    private final List<CompletableFuture<Outcome>> open = new ArrayList<>();
    private Outcome consent = new Outcome.Done();
    private Function<EventRecord, Outcome> answers = record -> new Outcome.Done();
    private final List<Integer> batches = new ArrayList<>();
    private boolean silent;
    private int perMinute;
    private int asked;
    private int made;
    private int closed;

    /** What is answered from now on. */
    void answer(Outcome outcome) {
        answers = record -> outcome;
        silent = false;
    }

    /** What is answered to each event from now on. */
    void answering(Function<EventRecord, Outcome> each) {
        answers = each;
        silent = false;
    }

    /** From now on sends are answered by {@link #answerAll} only. */
    void silent() {
        silent = true;
    }

    /** Answers the sends that wait. */
    void answerAll(Outcome outcome) {
        List<CompletableFuture<Outcome>> waiting = List.copyOf(open);
        open.clear();
        waiting.forEach(each -> each.complete(outcome));
    }

    void consent(Outcome outcome) {
        consent = outcome;
    }

    void perMinute(int count) {
        perMinute = count;
    }

    /** Ids in the order in which they were sent. */
    List<String> sent() {
        return List.copyOf(sent);
    }

    /** How many there were in each call of several. */
    List<Integer> batches() {
        return List.copyOf(batches);
    }

    /** How many wait for an answer. */
    int open() {
        return open.size();
    }

    int asked() {
        return asked;
    }

    int made() {
        return made;
    }

    int closed() {
        return closed;
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public void validate(String namespace, String spec) {
        if (spec.contains("bad")) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "spec: bad (expected: good)");
        }
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        made++;
        return new TargetSender() {
            @Override
            public CompletionStage<Outcome> prepare() {
                asked++;
                return CompletableFuture.completedStage(consent);
            }

            @Override
            public int allowedPerMinute() {
                return perMinute;
            }

            @Override
            public int maxBatch() {
                return 100;
            }

            @Override
            public CompletionStage<List<Outcome>> send(List<Attempt> batch) {
                batches.add(batch.size());
                return TargetSender.super.send(batch);
            }

            @Override
            public CompletionStage<Outcome> send(EventRecord record, int attempt) {
                sent.add(record.event().id());
                if (!silent) {
                    return CompletableFuture.completedStage(answers.apply(record));
                }
                CompletableFuture<Outcome> later = new CompletableFuture<>();
                open.add(later);
                return later;
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }
}
