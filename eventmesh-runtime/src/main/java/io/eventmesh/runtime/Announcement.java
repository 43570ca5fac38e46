package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.runtime.ops.HealthReport;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The runtime's registration in the meta store: started last, so that nobody is sent here early, and closed first. */
final class Announcement implements Component {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final MetaStore meta;
    private final HealthReport report;
    private final Supplier<RuntimeRegistration> content;
    private MetaStore.@Nullable Registration registration;

    /** @param content asked at start, when every role knows its endpoints */
    Announcement(MetaStore meta, HealthReport report, Supplier<RuntimeRegistration> content) {
        this.meta = meta;
        this.report = report;
        this.content = content;
    }

    @Override
    public String name() {
        return "registration";
    }

    @Override
    public synchronized void start() {
        RuntimeRegistration announced = content.get();
        registration =
                Waiting.of(meta.register(MetaPaths.RUNTIMES + "/" + announced.id(), announced.encode()), PATIENCE);
        report.announced();
    }

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public synchronized void close() {
        report.withdrawn("shutting down");
        if (registration != null) {
            registration.close();
            registration = null;
        }
    }
}
