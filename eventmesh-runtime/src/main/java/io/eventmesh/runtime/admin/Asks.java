package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the leader's questions to the host of tasks, each once, however many directives it comes with, and its answer to
 * the admin that leads by then. Asked again, as by a leader to which the answer did not come, the answer is sent again.
 * Thread-safe.
 */
final class Asks {
    private static final Logger log = LoggerFactory.getLogger(Asks.class);
    private static final int REMEMBERED = 256;

    private final String runtime;
    private final Function<AskAnswer, CompletionStage<?>> leader;
    /** By id; empty until it is answered. */
    private final Map<String, Optional<AskAnswer>> known = new LinkedHashMap<>();

    /** @param leader sends an answer to it */
    Asks(String runtime, Function<AskAnswer, CompletionStage<?>> leader) {
        this.runtime = runtime;
        this.leader = leader;
    }

    void heard(TaskHost host, List<Ask> asks) {
        for (Ask ask : asks) {
            if (isNew(ask.getId())) {
                host.asked(ask, answer -> answered(ask.getId(), answer));
            } else {
                answer(ask.getId()).ifPresent(this::send);
            }
        }
    }

    /** Whether it is a new question, which is known from now on. */
    private synchronized boolean isNew(String id) {
        boolean first = known.putIfAbsent(id, Optional.empty()) == null;
        if (known.size() > REMEMBERED) {
            known.remove(known.keySet().iterator().next());
        }
        return first;
    }

    private synchronized Optional<AskAnswer> answer(String id) {
        return known.getOrDefault(id, Optional.empty());
    }

    private void answered(String id, AskAnswer found) {
        AskAnswer answer = found.toBuilder().setId(id).setRuntimeId(runtime).build();
        synchronized (this) {
            known.replace(id, Optional.of(answer));
        }
        send(answer);
    }

    private void send(AskAnswer answer) {
        leader.apply(answer).whenComplete((heard, failure) -> {
            if (failure != null) {
                log.debug("Answer not delivered. ask={} error={}", answer.getId(), failure.toString());
            }
        });
    }
}
