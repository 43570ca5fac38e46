package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Questions to runtimes that are not answered yet. Thread-safe, never blocks. */
final class Asks {
    static final Duration PATIENCE = Duration.ofSeconds(10);
    static final int MAX_OPEN = 64;

    private static final class Open {
        final String runtime;
        final Directive.Question question;
        final CompletableFuture<AskAnswer> answer = new CompletableFuture<>();
        volatile boolean sent;

        Open(String runtime, Directive.Question question) {
            this.runtime = runtime;
            this.question = question;
        }
    }

    private final Map<String, Open> open = new ConcurrentHashMap<>();
    private final Scheduler scheduler;

    Asks(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Asks a runtime with the next directive. Fails with OVERLOADED, DEADLINE_EXCEEDED. */
    CompletableFuture<AskAnswer> ask(String runtime, Ask ask) {
        if (open.size() >= MAX_OPEN) {
            return CompletableFuture.failedFuture(new EventMeshException(
                    ErrorCode.OVERLOADED, "open questions: %d (expected: < %d)".formatted(open.size(), MAX_OPEN)));
        }
        String id = UUID.randomUUID().toString();
        Open asked = new Open(runtime, new Directive.Question(id, ask));
        open.put(id, asked);
        Scheduler.Timer timer = scheduler.schedule(PATIENCE, () -> {
            open.remove(id);
            asked.answer.completeExceptionally(new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "runtime '%s': no answer (expected: within %d s)".formatted(runtime, PATIENCE.toSeconds())));
        });
        asked.answer.whenComplete((answer, failure) -> timer.cancel());
        return asked.answer;
    }

    /** What a runtime has yet to be asked. */
    List<Directive.Question> of(String runtime) {
        return open.isEmpty()
                ? List.of()
                : open.values().stream()
                        .filter(asked -> !asked.sent && asked.runtime.equals(runtime))
                        .map(asked -> asked.question)
                        .toList();
    }

    /** Its stream began anew: what it was asked may have been lost with the old one. Runtimes know a question again. */
    void reconnected(String runtime) {
        open.values().stream().filter(asked -> asked.runtime.equals(runtime)).forEach(asked -> asked.sent = false);
    }

    void sent(List<Directive.Question> questions) {
        for (Directive.Question question : questions) {
            Open asked = open.get(question.id());
            if (asked != null) {
                asked.sent = true;
            }
        }
    }

    /** Takes an answer. A late one, or one of another runtime than was asked, is nobody's. */
    void answered(String id, AskAnswer answer) {
        Open asked = open.get(id);
        if (asked != null && asked.runtime.equals(answer.runtime())) {
            open.remove(id);
            asked.answer.complete(answer);
        }
    }

    /** This admin leads no longer. */
    void failAll(EventMeshException cause) {
        List.copyOf(open.values()).forEach(asked -> {
            open.remove(asked.question.id());
            asked.answer.completeExceptionally(cause);
        });
    }
}
