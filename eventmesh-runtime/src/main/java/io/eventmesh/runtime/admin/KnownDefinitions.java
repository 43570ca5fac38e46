package io.eventmesh.runtime.admin;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.AdminServiceGrpc.AdminServiceStub;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.spi.role.RoleContext;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The definitions that this process has: those on disk at first, newer ones once an admin names their version. Used on
 * one executor; listeners may be removed by any thread.
 */
final class KnownDefinitions {
    private static final Logger log = LoggerFactory.getLogger(KnownDefinitions.class);

    private final RoleContext context;
    private final Executor steps;
    private final DefinitionsFile file;
    private final List<Consumer<Definitions>> listeners = new CopyOnWriteArrayList<>();
    private Definitions definitions;
    private boolean asked;

    /** @param steps where answers are taken */
    KnownDefinitions(RoleContext context, Executor steps) {
        this.context = context;
        this.steps = steps;
        this.file = new DefinitionsFile(context.runtimeDirectory().resolve("definitions.bin"));
        this.definitions = file.read();
    }

    long version() {
        return definitions.getVersion();
    }

    void tell(Consumer<Definitions> listener) {
        listeners.add(listener);
        if (definitions.getVersion() > 0) {
            listener.accept(definitions);
        }
    }

    void forget(Consumer<Definitions> listener) {
        listeners.remove(listener);
    }

    /** The connection that was asked is gone. */
    void interrupted() {
        asked = false;
    }

    /** Fetches them when the admin has others. */
    void follow(AdminChannel from, long newest) {
        if (newest == definitions.getVersion() || asked) {
            return;
        }
        asked = true;
        GetDefinitionsRequest question =
                GetDefinitionsRequest.newBuilder().addAllRoles(context.roles()).build();
        from.call(AdminServiceStub::getDefinitions, question)
                .whenComplete((found, failure) -> steps.execute(() -> {
                    asked = false;
                    if (failure != null) {
                        log.debug("Definitions not fetched, asking again. error={}", failure.toString());
                    } else if (found.getVersion() != definitions.getVersion()) {
                        take(found);
                    }
                }));
    }

    private void take(Definitions found) {
        definitions = found;
        log.info(
                "Definitions taken. version={} buses={} rules={}",
                found.getVersion(),
                found.getBusesCount(),
                found.getRulesCount());
        listeners.forEach(listener -> listener.accept(found));
        try {
            context.blocking().execute(() -> file.write(found));
        } catch (EventMeshException busy) {
            log.warn("Definitions not kept on disk. version={} error={}", found.getVersion(), busy.reason());
        }
    }
}
