package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the outboxes of all buses to the targets of their rules, as the definitions say. Thread-safe; a change of the
 * definitions holds from the next event on.
 *
 * <p>What a deleted target still has in the outbox is tried for a while, since a definition may be on its way, and then
 * goes to the dead letter of that target.
 */
public final class TargetLanes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TargetLanes.class);

    record Bus(String namespace, String name) {
        @Override
        public String toString() {
            return namespace + ":" + name;
        }
    }

    private record Destination(String namespace, String kind, String spec) {}

    private final Mesh mesh;
    private final Outbox outbox;
    private final Plugins plugins;
    private final CallContext context;
    private final String runtimeId;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final SerialExecutor changes;
    private final Map<Bus, BusLanes> buses = new HashMap<>();
    private final Map<Destination, TargetSender> senders = new HashMap<>();
    private boolean closed;

    /** @param mesh to which senders may publish */
    public TargetLanes(
            Mesh mesh,
            Outbox outbox,
            Plugins plugins,
            String runtimeId,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch) {
        this.mesh = mesh;
        this.outbox = outbox;
        this.plugins = plugins;
        this.context = CallContext.of(Principal.runtime(runtimeId), "target");
        this.runtimeId = runtimeId;
        this.clock = clock;
        this.scheduler = scheduler;
        this.changes = new SerialExecutor(dispatch, clock::nanoTime);
    }

    /** Takes the definitions as a whole: what is not in them is no more. */
    public void update(Definitions definitions) {
        changes.execute(() -> apply(definitions));
    }

    private void apply(Definitions definitions) {
        if (closed) {
            return;
        }
        Map<Bus, Map<String, TargetSender>> wanted = new HashMap<>();
        for (BusDefinition bus : definitions.getBusesList()) {
            wanted.put(new Bus(bus.getNamespace(), bus.getName()), new HashMap<>());
        }
        Set<Destination> used = new HashSet<>();
        for (RuleDefinition rule : definitions.getRulesList()) {
            Map<String, TargetSender> targets =
                    wanted.computeIfAbsent(new Bus(rule.getNamespace(), rule.getBus()), unused -> new HashMap<>());
            for (TargetDefinition target : rule.getTargetsList()) {
                Destination destination = new Destination(rule.getNamespace(), target.getKind(), target.getSpec());
                String name = rule.getName() + "/" + target.getName();
                try {
                    targets.put(name, senders.computeIfAbsent(destination, this::sender));
                    used.add(destination);
                } catch (EventMeshException refused) {
                    log.error("Target cannot be served by this runtime. target={} error={}", name, refused.reason());
                }
            }
        }
        // a bus that is gone keeps its lanes until what it left in the outbox is dealt with
        buses.forEach((bus, lanes) -> lanes.use(wanted.getOrDefault(bus, Map.of())));
        wanted.forEach((bus, targets) -> {
            if (!buses.containsKey(bus)) {
                BusLanes lanes = new BusLanes(bus, outbox, context, scheduler);
                lanes.use(targets);
                buses.put(bus, lanes);
                lanes.join();
            }
        });
        Set<Destination> unused = new HashSet<>(senders.keySet());
        unused.removeAll(used);
        unused.forEach(destination -> {
            TargetSender sender = senders.remove(destination);
            if (sender != null) {
                sender.close();
            }
        });
        log.info(
                "Targets in force. version={} buses={} targets={}",
                definitions.getVersion(),
                buses.size(),
                used.size());
    }

    private TargetSender sender(Destination destination) {
        TargetSenderProvider provider = plugins.named(TargetSenderProvider.class, destination.kind());
        provider.validate(destination.namespace(), destination.spec());
        return provider.create(
                destination.spec(), new TargetContext(destination.namespace(), runtimeId, mesh, clock, scheduler));
    }

    @Override
    public void close() {
        changes.execute(() -> {
            closed = true;
            buses.values().forEach(BusLanes::close);
            buses.clear();
            senders.values().forEach(TargetSender::close);
            senders.clear();
        });
    }
}
