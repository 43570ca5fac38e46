package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeliverySettings;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.runtime.mesh.TopicsConfig;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.checker.Audience;
import io.eventmesh.testkit.checker.Checker;
import io.eventmesh.testkit.checker.Fate;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Verdict;
import io.eventmesh.testkit.storage.Faults;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One random life: a whole mesh over memory storage in one thread and virtual time, with its publishers and members, and
 * whatever can go wrong. The seed decides everything.
 */
final class Life {
    private static final int MAX_SIDES = 9;
    private static final Duration SLICE = Duration.ofMillis(250);
    private static final int MOST_ROUNDS_AT_THE_END = 600;
    private static final DeliverySettings DELIVERY = new DeliverySettings(
            24, 8 << 10, 3, Duration.ofSeconds(2), 3, 3, 5, Duration.ofMillis(100), Duration.ofSeconds(30));
    private static final List<Faults.Operation> CAN_FAIL = List.of(
            Faults.Operation.CREATE_STREAM,
            Faults.Operation.APPEND,
            Faults.Operation.APPEND,
            Faults.Operation.CREATE_GROUP,
            Faults.Operation.OPEN_READER,
            Faults.Operation.COMMIT,
            Faults.Operation.COMMIT,
            Faults.Operation.PARK,
            Faults.Operation.REPARK,
            Faults.Operation.REMOVE,
            Faults.Operation.TICKETS,
            Faults.Operation.READ);

    private final Random random;
    private final ManualTime time = new ManualTime();
    private final ArrayDeque<Runnable> steps = new ArrayDeque<>();
    private final MemoryStorage disk;
    private final Ledger ledger;
    private final List<String> broken = new ArrayList<>();
    private final Incarnation.Surroundings around;
    private final boolean troubled;
    private final int length;

    private final List<Incarnation> incarnations = new ArrayList<>();
    private final List<Side> sides = new ArrayList<>();
    private final List<Side> unnoticed = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final Map<GroupPlan, Side> last = new LinkedHashMap<>();
    private final Map<GroupPlan, Long> made = new LinkedHashMap<>();
    private final List<DeadLetters> deadLetters = new ArrayList<>();
    private int names;
    private long deafSince;
    private boolean deafened;

    int kills;
    int takeovers;

    /**
     * @param meters shared, since making them anew would be most of the work
     * @param bug what is wrong with the mesh
     */
    Life(long seed, MeterRegistry meters, PlantedBug bug) {
        random = new Random(seed);
        troubled = random.nextInt(3) != 0;
        length = 50 + random.nextInt(50);
        disk = new MemoryStorage(MemoryStorageConfig.defaults(), time);
        disk.start();
        ledger = new Ledger(time::nanoTime, steps::isEmpty, GroupPlan.ACK_TIMEOUT);
        MeshSettings settings = MeshSettings.defaults("r1")
                .withTopics(new TopicsConfig(true, 1 + random.nextInt(3), Map.of()))
                .withDelivery(DELIVERY);
        around = new Incarnation.Surroundings(disk, time, steps, settings, meters, random, bug, broken);
    }

    Ledger ledger() {
        return ledger;
    }

    int deadLettered() {
        return deadLetters.stream().mapToInt(DeadLetters::count).sum();
    }

    /** Lives, heals, comes to rest. */
    Verdict live() {
        for (GroupPlan plan : GroupPlan.ALL) {
            deadLetters.add(DeadLetters.of(disk, plan.group(), ledger));
        }
        begin();
        for (int i = 0; i < 3; i++) {
            join(GroupPlan.ALL.get(i % 2));
        }
        for (int i = 0; i < length; i++) {
            step();
            look();
        }
        end();
        List<Audience> audiences = new ArrayList<>();
        made.forEach((plan, since) -> audiences.add(plan.audience(since)));
        return new Checker(audiences, true).check(ledger.history());
    }

    History history() {
        return ledger.history();
    }

    /** Promises that only whoever sees all sides can judge. */
    List<String> broken() {
        return broken;
    }

    private Incarnation mesh() {
        return incarnations.get(incarnations.size() - 1);
    }

    private void begin() {
        incarnations.add(new Incarnation(incarnations.size(), around, ledger));
        publishers.clear();
        publishers.add(new Publisher(1, mesh(), ledger, random));
        publishers.add(new Publisher(2, mesh(), ledger, random));
    }

    private void step() {
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 ->
                publishers.get(random.nextInt(publishers.size())).publish(1 + random.nextInt(6), random.nextBoolean());
            case 4 -> joinIfRoom(GroupPlan.ALL.get(random.nextInt(GroupPlan.ALL.size())));
            case 5, 6, 7 -> pick(sides).ifPresent(side -> side.request(1 + random.nextInt(8)));
            case 8, 9, 10, 11 -> settle(Fate.ACKED, 1 + random.nextInt(3));
            case 12 -> settle(Fate.RELEASED, 1);
            case 13 -> settle(Fate.REJECTED, random.nextInt(2));
            case 14, 15 -> pass(Duration.ofMillis(1 + random.nextInt(random.nextInt(4) == 0 ? 6_000 : 400)));
            case 16 -> {
                if (random.nextInt(3) == 0) {
                    pick(sides).ifPresent(Side::leave);
                }
            }
            case 17, 18 -> {
                if (troubled) {
                    trouble();
                }
            }
            default -> {
                if (random.nextInt(8) == 0) {
                    replaceMesh(random.nextBoolean());
                } else if (random.nextInt(3) == 0) {
                    listen();
                }
            }
        }
        sides.removeIf(Side::isGone);
        run(random.nextInt(4) == 0 ? random.nextInt(3) : Integer.MAX_VALUE);
    }

    /** Deaf meshes hear what they missed, and notice whom they lost. */
    private void listen() {
        incarnations.stream().filter(Incarnation::isDeaf).forEach(Incarnation::listen);
        unnoticed.forEach(Side::noticed);
        unnoticed.clear();
    }

    private <T> Optional<T> pick(List<T> from) {
        return from.isEmpty() ? Optional.empty() : Optional.of(from.get(random.nextInt(from.size())));
    }

    private void joinIfRoom(GroupPlan plan) {
        if (sides.size() < MAX_SIDES) {
            join(plan);
        }
    }

    private Side join(GroupPlan plan) {
        Side side = new Side("m" + names++, plan.group(), mesh(), ledger);
        sides.add(side);
        mesh().subscribe(plan.terms(), side).whenComplete((member, failure) -> {
            if (member != null) {
                made.putIfAbsent(plan, ledger.tick());
                side.attached(member);
            } else {
                side.refused();
            }
        });
        return side;
    }

    private void settle(Fate fate, int count) {
        for (int i = 0; i < count; i++) {
            Side side = pick(sides.stream()
                            .filter(each -> !each.open().isEmpty())
                            .toList())
                    .orElse(null);
            if (side == null) {
                return;
            }
            Delivery delivery = side.open().get(random.nextInt(side.open().size()));
            side.settle(
                    delivery, fate, random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(random.nextInt(5_000)));
        }
    }

    /** Something of the storage goes wrong, or is mended. */
    private void trouble() {
        Faults faults = pick(incarnations.stream().filter(Incarnation::isAlive).toList())
                .orElseThrow()
                .faults();
        Faults.Operation operation = CAN_FAIL.get(random.nextInt(CAN_FAIL.size()));
        int nth = 1 + random.nextInt(3);
        switch (random.nextInt(10)) {
            case 0, 1 -> faults.fail(operation, nth, ErrorCode.STORAGE_UNAVAILABLE);
            case 2 -> faults.fail(operation, nth, ErrorCode.STORAGE_FULL);
            case 3 -> faults.lose(operation, nth);
            case 4 -> faults.delay(operation, nth);
            case 5 -> faults.delayAll(operation);
            case 6 -> faults.failAll(operation, ErrorCode.STORAGE_UNAVAILABLE);
            case 7 -> faults.fail(Faults.Operation.REQUEST, 1, ErrorCode.STORAGE_UNAVAILABLE);
            case 8 -> faults.release();
            default -> faults.heal().release();
        }
    }

    /**
     * Another mesh takes over.
     *
     * @param zombie whether the one before lives on, not knowing; only for so long as one more follows
     */
    private void replaceMesh(boolean zombie) {
        for (Incarnation old : incarnations) {
            if (old.isAlive() && (!zombie || old != mesh())) {
                old.kill();
                kills++;
            }
        }
        incarnations.forEach(Incarnation::supersede);
        takeovers += zombie ? 1 : 0;
        if (zombie && random.nextInt(3) != 0) {
            mesh().deafen();
            deafened = true;
            deafSince = time.nanoTime();
        }
        sides.stream()
                .filter(side -> !side.home().isAlive() || side.home().isDeaf())
                .forEach(side -> {
                    side.orphaned();
                    unnoticed.add(side);
                });
        begin();
        for (int i = 0; i < 3; i++) {
            join(GroupPlan.ALL.get(random.nextInt(GroupPlan.ALL.size())));
        }
    }

    /** Time passes in slices, each only when nothing waits to be run. */
    private void pass(Duration by) {
        run(Integer.MAX_VALUE);
        if (time.nanoTime() + by.toNanos() - deafSince >= GroupPlan.ACK_TIMEOUT.toNanos()) {
            // what a deaf mesh offers is seen by nobody, so that its time-outs would come from nowhere
            listen();
            run(Integer.MAX_VALUE);
        }
        for (long left = by.toMillis(); left > 0; left -= SLICE.toMillis()) {
            time.advance(Duration.ofMillis(Math.min(left, SLICE.toMillis())));
            run(Integer.MAX_VALUE);
            look();
        }
    }

    private void run(int most) {
        for (int i = 0; i < most; i++) {
            Runnable step = steps.poll();
            if (step == null) {
                return;
            }
            step.run();
        }
    }

    private void look() {
        for (GroupPlan plan : GroupPlan.ALL) {
            ledger.look(disk, plan.name());
        }
    }

    // the end

    private void end() {
        for (Incarnation incarnation : incarnations) {
            if (incarnation.isAlive() && incarnation != mesh()) {
                incarnation.kill();
            }
        }
        if (deafened) {
            // a mesh that did not hear of its end may have parked what another one owned; who opens next finds it
            restTogether();
            mesh().kill();
            begin();
        }
        restTogether();
        if (!isQuiet()) {
            broken.add("it does not come to rest:" + restless());
        }
    }

    private void restTogether() {
        mesh().faults().heal().release();
        run(Integer.MAX_VALUE);
        sides.stream().filter(side -> !side.home().isAlive()).forEach(Side::orphaned);
        sides.removeIf(Side::isGone);
        last.clear();
        for (int round = 0; round < MOST_ROUNDS_AT_THE_END && !isQuiet(); round++) {
            for (GroupPlan plan : GroupPlan.ALL) {
                Side side = last.get(plan);
                if (side == null || side.isGone()) {
                    sides.removeIf(Side::isGone);
                    sides.stream()
                            .filter(each -> each.group().equals(plan.group()))
                            .toList()
                            .forEach(Side::leave);
                    sides.removeIf(Side::isGone);
                    last.put(plan, insistOn(plan));
                }
            }
            last.values().forEach(Life::ackAll);
            run(Integer.MAX_VALUE);
            look();
            pass(Duration.ofMillis(500));
        }
        pass(Duration.ofSeconds(1));
    }

    private String restless() {
        StringBuilder text = new StringBuilder();
        for (GroupPlan plan : GroupPlan.ALL) {
            disk.group(plan.name())
                    .filter(info -> info.lagEvents() != 0 || info.parked() != 0)
                    .ifPresent(info -> text.append(" group %s: lag %d, progress %s, parked %s"
                            .formatted(
                                    plan.group(),
                                    info.lagEvents(),
                                    info.progress(),
                                    disk.parking()
                                            .tickets(plan.name())
                                            .toCompletableFuture()
                                            .join())));
        }
        text.append(" members ")
                .append(mesh().mesh().subscriptions().toCompletableFuture().join().stream()
                        .map(status -> "%s: %d members, %d in flight"
                                .formatted(status.name(), status.members(), status.inFlight()))
                        .toList());
        sides.forEach(side -> text.append(" ").append(side));
        return text.toString();
    }

    private Side insistOn(GroupPlan plan) {
        Side side = join(plan);
        side.request(1_000_000);
        return side;
    }

    private static void ackAll(Side side) {
        for (Delivery delivery : List.copyOf(side.open())) {
            side.settle(delivery, Fate.ACKED, Duration.ZERO);
        }
    }

    private boolean isQuiet() {
        return last.size() == GroupPlan.ALL.size()
                && last.values().stream()
                        .allMatch(side -> side.isAttached() && side.open().isEmpty())
                && GroupPlan.ALL.stream().allMatch(plan -> isQuiet(plan.name()));
    }

    private boolean isQuiet(SubscriptionName name) {
        @Nullable GroupInfo info = disk.group(name).orElse(null);
        return info != null && info.lagEvents() == 0 && info.parked() == 0;
    }
}
