package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.security.Principal;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the outboxes of all buses to the targets of their rules, as the definitions say. Thread-safe; a change of the
 * definitions holds from the next event on, and an event goes by the definition that its target has when it is sent.
 *
 * <p>What a deleted target still has in the outbox is tried for a while, since a definition may be on its way, and then
 * goes to the dead letter of that target; so does what was put aside for it.
 */
public final class TargetLanes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TargetLanes.class);
    private static final Duration LOOK = Duration.ofSeconds(5);
    /** So often a stream has to be nobody's before what is in it is taken for left over. */
    private static final int LOOKS_AT_NOBODYS = 12;

    private record Bus(String namespace, String name) {}

    private final LaneSurroundings around;
    private final SerialExecutor changes;
    private final Map<Bus, BusLanes> buses = new HashMap<>();
    private final LaneMeters.Room room = new LaneMeters.Room();
    /** Written in changes alone. */
    private final Map<LaneName, TargetLane> lanes = new ConcurrentHashMap<>();

    private final Map<SubscriptionName, TargetLane> byBacklog = new HashMap<>();
    private final Map<SubscriptionName, Integer> nobodys = new HashMap<>();
    private final Map<SubscriptionName, Leftovers> leftovers = new HashMap<>();
    private Scheduler.@Nullable Timer timer;
    private boolean closed;

    /** @param random for the jitter of retries; thread-safe */
    public TargetLanes(
            LaneOutbox outbox,
            Backlogs backlogs,
            Senders senders,
            Executor dispatch,
            RandomGenerator random,
            MeterRegistry meters) {
        CallContext context = CallContext.of(Principal.runtime(senders.runtimeId()), "target");
        this.around = new LaneSurroundings(outbox, backlogs, senders, context, dispatch, random, meters);
        this.changes = new SerialExecutor(dispatch, senders.clock()::nanoTime);
    }

    /** Takes the definitions as a whole: what is not in them is no more. */
    public void update(Definitions definitions) {
        around.senders().known().update(definitions);
        changes.execute(() -> apply(definitions));
    }

    private void apply(Definitions definitions) {
        if (closed) {
            return;
        }
        Map<Bus, Map<String, TargetLane>> wanted = new HashMap<>();
        for (BusDefinition bus : definitions.getBusesList()) {
            wanted.put(new Bus(bus.getNamespace(), bus.getName()), new HashMap<>());
        }
        Map<LaneName, TargetLane> gone = new HashMap<>(lanes);
        for (RuleDefinition rule : definitions.getRulesList()) {
            Bus bus = new Bus(rule.getNamespace(), rule.getBus());
            Map<String, TargetLane> targets = wanted.computeIfAbsent(bus, unused -> new HashMap<>());
            for (TargetDefinition target : rule.getTargetsList()) {
                LaneDefinition definition = LaneDefinition.of(rule, target);
                gone.remove(definition.name());
                targets.put(definition.name().inBus(), lane(definition));
            }
        }
        // a bus that is gone keeps its lanes until what it left in the outbox is dealt with
        buses.forEach((bus, reading) -> reading.use(wanted.getOrDefault(bus, Map.of())));
        gone.forEach((name, lane) -> {
            lanes.remove(name);
            byBacklog.remove(name.backlog());
            lane.close();
        });
        wanted.forEach((bus, targets) -> {
            if (!buses.containsKey(bus)) {
                BusLanes reading = new BusLanes(bus.namespace(), bus.name(), around);
                reading.use(targets);
                buses.put(bus, reading);
                reading.join();
            }
        });
        log.info(
                "Targets in force. version={} buses={} targets={}",
                definitions.getVersion(),
                buses.size(),
                lanes.size());
        if (timer == null) {
            look();
        }
    }

    private TargetLane lane(LaneDefinition definition) {
        TargetLane known = lanes.get(definition.name());
        if (known != null) {
            known.use(definition);
            return known;
        }
        Bus bus = new Bus(definition.name().namespace(), definition.name().bus());
        TargetLane made = new TargetLane(definition, around, room, () -> hasten(bus, definition.name()));
        lanes.put(definition.name(), made);
        byBacklog.put(definition.name().backlog(), made);
        made.start();
        return made;
    }

    private void hasten(Bus bus, LaneName name) {
        changes.execute(() -> {
            BusLanes reading = buses.get(bus);
            if (reading != null) {
                reading.hasten(name.inBus());
            }
        });
    }

    /** Takes up what another runtime, or an earlier process, has put aside. */
    private void look() {
        if (closed) {
            return;
        }
        try {
            List<SubscriptionName> there = around.backlogs().all();
            nobodys.keySet().retainAll(there);
            there.forEach(this::look);
        } catch (RuntimeException unavailable) {
            log.debug("What waits for targets cannot be looked at. error={}", unavailable.toString());
        }
        timer = around.scheduler().schedule(LOOK, () -> changes.executeLater(this::look));
    }

    private void look(SubscriptionName group) {
        TargetLane lane = byBacklog.get(group);
        Leftovers left = leftovers.get(group);
        if (lane != null) {
            nobodys.remove(group);
            if (left != null) {
                leftovers.remove(group);
                left.close();
            }
            lane.lookForWaiting();
        } else if (left != null) {
            left.look(() -> changes.execute(() -> leftovers.remove(group, left)));
        } else if (nobodys.merge(group, 1, Integer::sum) > LOOKS_AT_NOBODYS) {
            log.info("What waited for a target that is no more goes to its dead letter. group={}", group);
            Leftovers begun = new Leftovers(group, around);
            leftovers.put(group, begun);
            begun.begin();
        }
    }

    /**
     * How targets are, in the order of namespace, rule and target.
     *
     * @param namespace empty for all
     * @param rule empty for all
     * @param after as {@link TargetStatus#key} gives it: only those behind it; empty for the first
     */
    public CompletionStage<List<TargetStatus>> statuses(String namespace, String rule, String after, int limit) {
        List<TargetLane> chosen = lanes.values().stream()
                .filter(lane -> namespace.isEmpty() || lane.name().namespace().equals(namespace))
                .filter(lane -> rule.isEmpty() || lane.name().rule().equals(rule))
                .filter(lane -> key(lane.name()).compareTo(after) > 0)
                .sorted(Comparator.comparing(lane -> key(lane.name())))
                .limit(limit)
                .toList();
        CompletionStage<List<TargetStatus>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (TargetLane lane : chosen) {
            all = all.thenCombine(lane.aged(), (earlier, status) -> {
                earlier.add(status);
                return earlier;
            });
        }
        return all;
    }

    private static String key(LaneName name) {
        return name.namespace() + '/' + name.inBus();
    }

    @Override
    public void close() {
        changes.execute(() -> {
            closed = true;
            if (timer != null) {
                timer.cancel();
            }
            buses.values().forEach(BusLanes::close);
            buses.clear();
            leftovers.values().forEach(Leftovers::close);
            leftovers.clear();
            lanes.values().forEach(TargetLane::close);
            lanes.clear();
        });
    }
}
