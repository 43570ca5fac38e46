package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.AdminServiceGrpc.AdminServiceStub;
import io.eventmesh.proto.v1.Ask;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the leader's questions to the host of tasks, each once, however many directives it comes with, and its answer to
 * the admin that asked. Not thread-safe.
 */
final class Asks {
    private static final Logger log = LoggerFactory.getLogger(Asks.class);
    private static final int REMEMBERED = 256;

    private final String runtime;
    private final Set<String> known = new LinkedHashSet<>();

    Asks(String runtime) {
        this.runtime = runtime;
    }

    void heard(AdminChannel from, TaskHost host, List<Ask> asks) {
        for (Ask ask : asks) {
            if (known.add(ask.getId())) {
                hand(from, host, ask);
            }
        }
        while (known.size() > REMEMBERED) {
            known.remove(known.iterator().next());
        }
    }

    private void hand(AdminChannel from, TaskHost host, Ask ask) {
        host.asked(
                ask,
                answer -> from.call(
                                AdminServiceStub::answerAsk,
                                answer.toBuilder()
                                        .setId(ask.getId())
                                        .setRuntimeId(runtime)
                                        .build())
                        .whenComplete((heard, failure) -> {
                            if (failure != null) {
                                log.debug("Answer not delivered. ask={} error={}", ask.getId(), failure.toString());
                            }
                        }));
    }
}
