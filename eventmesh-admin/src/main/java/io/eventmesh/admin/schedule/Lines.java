package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The lines to runtimes, one each, and what was sent on them last. For the leader's serial executor. */
final class Lines {
    private static final class Open {
        final Line line;
        long version;
        long definitions;

        Open(Line line) {
            this.line = line;
        }
    }

    private final Map<String, Open> lines = new HashMap<>();
    private final Asks asks;
    private final LeaseKeys keys;
    private final MeshClock clock;

    Lines(Asks asks, LeaseKeys keys, MeshClock clock) {
        this.asks = asks;
        this.keys = keys;
        this.clock = clock;
    }

    /** Answers a report on its line, which replaces an older one of the same runtime. */
    void answer(Report report, Line line, Directive directive, long definitions) {
        if (!directive.refusal().isEmpty()) {
            line.send(directive, definitions, new byte[0]);
            return;
        }
        send(report.runtime(), opened(report.runtime(), line), report.incarnation(), directive, definitions);
    }

    private Open opened(String runtime, Line line) {
        Open open = lines.get(runtime);
        if (open == null || open.line != line) {
            if (open != null) {
                open.line.end(new EventMeshException(
                        ErrorCode.FENCED, "stream: an older one of %s (expected: the newest)".formatted(runtime)));
            }
            open = new Open(line);
            lines.put(runtime, open);
            asks.reconnected(runtime);
        }
        return open;
    }

    private void send(String runtime, Open open, String incarnation, Directive directive, long definitions) {
        List<Directive.Question> questions = asks.of(runtime);
        byte[] token = keys.token(runtime, incarnation, clock.nanoTime(), clock.millis());
        if (open.line.send(directive.with(questions), definitions, token)) {
            open.version = directive.version();
            open.definitions = definitions;
            asks.sent(questions);
        }
    }

    /** Tells those whose set, definitions or questions are news, without having been asked. */
    void push(Board board, long definitions) {
        lines.forEach((runtime, open) -> {
            boolean news = open.definitions != definitions || !asks.of(runtime).isEmpty();
            board.unasked(runtime)
                    .filter(directive -> news || directive.version() != open.version)
                    .or(() -> news ? board.current(runtime) : java.util.Optional.empty())
                    .ifPresent(directive -> send(runtime, open, board.incarnation(runtime), directive, definitions));
        });
    }

    boolean isOpen(String runtime) {
        return lines.containsKey(runtime);
    }

    /** Whether this was the runtime's line; it is none any longer. */
    boolean close(String runtime, Line line) {
        Open open = lines.get(runtime);
        if (open == null || open.line != line) {
            return false;
        }
        lines.remove(runtime);
        return true;
    }

    void endAll(EventMeshException cause) {
        lines.values().forEach(open -> open.line.end(cause));
        lines.clear();
    }
}
