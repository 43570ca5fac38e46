package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** The process's metrics: those of the JVM, what was built, and whatever the roles add. Thread-safe. */
final class Meters implements Component {
    private final String version;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    Meters(String version) {
        this.version = version;
    }

    MeterRegistry registry() {
        return registry;
    }

    /** Everything in Prometheus' text format. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public String name() {
        return "meters";
    }

    @Override
    public void start() {
        Gauge.builder("eventmesh.build.info", () -> 1)
                .description("What runs here; always 1")
                .tag("version", version)
                .tag("java", Runtime.version().toString())
                .register(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
