package io.eventmesh.runtime.connector;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.FieldProblem;
import io.eventmesh.proto.v1.ValidateConnector;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the leader's questions: each on a thread of its own, since a plugin may do in a check whatever it likes, and
 * within a time. Thread-safe; never blocks its caller.
 */
final class ConnectorQuestions {
    private static final Logger log = LoggerFactory.getLogger(ConnectorQuestions.class);
    /** The leader waits 10 s for the answer and all of its way. */
    private static final Duration LIMIT = Duration.ofSeconds(9);

    private static final int AT_ONCE = 4;

    private final ConnectorCheck check;
    private final Scheduler scheduler;
    private final NamedThreads threads = new NamedThreads("mesh-validate");
    private final AtomicInteger running = new AtomicInteger();

    ConnectorQuestions(ConnectorCheck check, Scheduler scheduler) {
        this.check = check;
        this.scheduler = scheduler;
    }

    /** @param answer told once, by any thread */
    void asked(Ask ask, Consumer<AskAnswer> answer) {
        if (!ask.hasValidate()) {
            answer.accept(failed("PLUGIN", "question: of a later version (expected: validate)"));
            return;
        }
        if (running.incrementAndGet() > AT_ONCE) {
            running.decrementAndGet();
            answer.accept(failed("PLUGIN", "checks at once: more than %d (expected: fewer)".formatted(AT_ONCE)));
            return;
        }
        AtomicBoolean answered = new AtomicBoolean();
        Consumer<AskAnswer> once = found -> {
            if (answered.compareAndSet(false, true)) {
                answer.accept(found);
            }
        };
        Thread thread = threads.newThread(() -> run(ask.getValidate(), once));
        Scheduler.Timer limit = scheduler.schedule(LIMIT, () -> {
            if (!answered.get()) {
                log.warn(
                        "Check of a connector takes too long, left alone. plugin={}",
                        ask.getValidate().getPlugin());
                once.accept(failed("PLUGIN", "no answer of the plugin (expected: within %s)".formatted(LIMIT)));
                // not before, or what an interrupted check says could be taken for its answer
                thread.interrupt();
            }
        });
        try {
            thread.start();
        } catch (OutOfMemoryError threadless) {
            running.decrementAndGet();
            limit.cancel();
            once.accept(failed("PLUGIN", "no thread for the check (expected: one)"));
        }
    }

    /** How many checks have not ended. */
    int running() {
        return running.get();
    }

    private void run(ValidateConnector question, Consumer<AskAnswer> once) {
        try {
            once.accept(
                    AskAnswer.newBuilder().addAllChecks(check.check(question)).build());
        } catch (Throwable thrown) {
            // the edge of the plugin
            once.accept(failed("PLUGIN", FailureText.text(thrown)));
        } finally {
            running.decrementAndGet();
        }
    }

    static AskAnswer failed(String check, String why) {
        Check failed = Check.newBuilder()
                .setName(check)
                .setStatus("FAIL")
                .addAllProblems(
                        List.of(FieldProblem.newBuilder().setMessage(why).build()))
                .build();
        return AskAnswer.newBuilder().addChecks(failed).build();
    }
}
