package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
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

    private record Address(String namespace, Destination destination) {}

    /** What one target says is heard by its events alone. */
    private static final Sending.Listener DEAF = new Sending.Listener() {
        @Override
        public void opened() {}

        @Override
        public void stopped(Outcome.Stop why) {}
    };

    private final Outbox outbox;
    private final Senders senders;
    private final CallContext context;
    private final SerialExecutor changes;
    private final Map<Bus, BusLanes> buses = new HashMap<>();
    private final Map<Address, Sending> sendings = new HashMap<>();
    private boolean closed;

    public TargetLanes(Outbox outbox, Senders senders, Executor dispatch) {
        this.outbox = outbox;
        this.senders = senders;
        this.context = CallContext.of(Principal.runtime(senders.runtimeId()), "target");
        this.changes = new SerialExecutor(dispatch, senders.clock()::nanoTime);
    }

    /** Takes the definitions as a whole: what is not in them is no more. */
    public void update(Definitions definitions) {
        changes.execute(() -> apply(definitions));
    }

    private void apply(Definitions definitions) {
        if (closed) {
            return;
        }
        Map<Bus, Map<String, Sending>> wanted = new HashMap<>();
        for (BusDefinition bus : definitions.getBusesList()) {
            wanted.put(new Bus(bus.getNamespace(), bus.getName()), new HashMap<>());
        }
        Set<Address> used = new HashSet<>();
        for (RuleDefinition rule : definitions.getRulesList()) {
            Map<String, Sending> targets =
                    wanted.computeIfAbsent(new Bus(rule.getNamespace(), rule.getBus()), unused -> new HashMap<>());
            for (TargetDefinition target : rule.getTargetsList()) {
                Address address = new Address(rule.getNamespace(), new Destination(target.getKind(), target.getSpec()));
                String name = rule.getName() + "/" + target.getName();
                try {
                    targets.put(name, sendings.computeIfAbsent(address, unknown -> sending(unknown, name)));
                    used.add(address);
                } catch (EventMeshException refused) {
                    log.error("Target cannot be served by this runtime. target={} error={}", name, refused.reason());
                }
            }
        }
        // a bus that is gone keeps its lanes until what it left in the outbox is dealt with
        buses.forEach((bus, lanes) -> lanes.use(wanted.getOrDefault(bus, Map.of())));
        wanted.forEach((bus, targets) -> {
            if (!buses.containsKey(bus)) {
                BusLanes lanes = new BusLanes(bus, outbox, context, senders.scheduler());
                lanes.use(targets);
                buses.put(bus, lanes);
                lanes.join();
            }
        });
        Set<Address> unused = new HashSet<>(sendings.keySet());
        unused.removeAll(used);
        unused.forEach(address -> {
            Sending sending = sendings.remove(address);
            if (sending != null) {
                sending.close();
            }
        });
        log.info(
                "Targets in force. version={} buses={} targets={}",
                definitions.getVersion(),
                buses.size(),
                used.size());
    }

    private Sending sending(Address address, String name) {
        Sending sending = new Sending(
                name,
                senders.sender(address.namespace(), address.destination()),
                senders.clock(),
                senders.scheduler(),
                DEAF);
        sending.ask();
        return sending;
    }

    @Override
    public void close() {
        changes.execute(() -> {
            closed = true;
            buses.values().forEach(BusLanes::close);
            buses.clear();
            sendings.values().forEach(Sending::close);
            sendings.clear();
        });
    }
}
