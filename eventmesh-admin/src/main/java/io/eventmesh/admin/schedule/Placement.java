package io.eventmesh.admin.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.database.TaskRow;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a task should go: to a runtime that has its plugin in the right version, its labels and a free slot, is alive,
 * not cordoned and does not drain. Among those away from the other tasks of its connector, then back to where it was,
 * then by rendezvous hash; the first of them whose load stays within {@value #BOUND} of the average of those that could
 * run it. So equal runtimes share, and a runtime that comes or goes changes the place of its own tasks only. Pure.
 */
final class Placement {
    static final double BOUND = 1.25;
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The answer.
     *
     * @param reason why there is no runtime, in words for the operator
     */
    record Choice(Optional<Member> member, String reason) {}

    private record Demand(String kind, String plugin, String version, String placement) {}

    private final Timing timing;
    private final Map<String, Member> members;
    private final Holdings holdings;
    private final Map<Demand, List<Member>> able = new HashMap<>();
    private final Map<String, Map<String, String>> labels = new HashMap<>();

    Placement(Timing timing, Map<String, Member> members, Holdings holdings) {
        this.timing = timing;
        this.members = members;
        this.holdings = holdings;
    }

    /** Something of the runtimes or the time changed since the last choice. */
    void forget() {
        able.clear();
        if (labels.size() > 1_000) {
            labels.clear();
        }
    }

    /** The runtimes that could run it but for their slots. */
    List<Member> able(TaskRow task, long now) {
        Demand demand = new Demand(
                task.kind(),
                task.plugin(),
                task.needs().pluginVersion(),
                task.needs().placement());
        return able.computeIfAbsent(
                demand,
                missing -> members.values().stream()
                        .filter(member -> member.takesTasks(now, timing))
                        .filter(member -> fits(member, demand))
                        .toList());
    }

    private boolean fits(Member member, Demand demand) {
        return offers(member, demand)
                && member.labels
                        .entrySet()
                        .containsAll(labels(demand.placement()).entrySet());
    }

    private static boolean offers(Member member, Demand demand) {
        return member.plugins.stream()
                .anyMatch(offer -> offer.kind().equalsIgnoreCase(demand.kind())
                        && offer.name().equals(demand.plugin())
                        && (demand.version().isEmpty() || offer.version().equals(demand.version())));
    }

    private Map<String, String> labels(String placement) {
        return labels.computeIfAbsent(placement, text -> {
            Map<String, String> wanted = new TreeMap<>();
            try {
                JsonNode node = JSON.readTree(text).path("labels");
                for (Map.Entry<String, JsonNode> label : node.properties()) {
                    wanted.put(label.getKey(), label.getValue().asText());
                }
            } catch (JsonProcessingException unreadable) {
                wanted.put("placement", "unreadable");
            }
            return wanted;
        });
    }

    Choice choose(TaskEntry entry, long now) {
        TaskRow task = entry.row;
        List<Member> able = able(task, now);
        List<Member> free = able.stream()
                .filter(member -> holdings.count(member.id) < member.slots)
                .toList();
        if (free.isEmpty()) {
            return new Choice(Optional.empty(), reason(task, able, now));
        }
        @Nullable String last = task.assignment().lastRuntime();
        List<Member> candidates = free;
        if (entry.isMoving()) {
            String to = task.wishes().moveTo();
            List<Member> wanted = free.stream()
                    .filter(member -> to.isEmpty() ? !member.id.equals(last) : member.id.equals(to))
                    .toList();
            candidates = wanted.isEmpty() ? free : wanted;
        } else if (last != null) {
            // it stopped to come back, and is back: its tasks waited for it
            candidates = free.stream()
                    .filter(member -> member.id.equals(last) && now < member.backUntil)
                    .findFirst()
                    .map(List::of)
                    .orElse(free);
        }
        List<Member> order = candidates.stream()
                .sorted(Comparator.comparingInt((Member member) -> holdings.siblings(member.id, task.connectorId()))
                        .thenComparingInt(member -> member.id.equals(last) ? 0 : 1)
                        .thenComparingLong(member -> -(Hashes.affinity(entry.hash, member.hash) >>> 1))
                        .thenComparing(member -> member.id))
                .toList();
        double weight = entry.weight();
        double bound = Math.max(weight, BOUND * (total(able) + weight) / able.size());
        Optional<Member> within = order.stream()
                .filter(member -> holdings.load(member.id) + weight <= bound)
                .findFirst();
        return new Choice(
                within.or(() -> order.stream().min(Comparator.comparingDouble(member -> holdings.load(member.id)))),
                "");
    }

    private double total(Collection<Member> of) {
        return of.stream().mapToDouble(member -> holdings.load(member.id)).sum();
    }

    /** Why a runtime could not take it now; empty when it could. */
    String refusal(TaskRow task, Member member, long now) {
        if (!able(task, now).contains(member)) {
            Demand demand = new Demand(
                    task.kind(),
                    task.plugin(),
                    task.needs().pluginVersion(),
                    task.needs().placement());
            if (!offers(member, demand)) {
                return "runtime '%s' has not the %s".formatted(member.id, plugin(task));
            }
            if (!fits(member, demand)) {
                return "runtime '%s' has not the labels %s".formatted(member.id, labels(demand.placement()));
            }
            return "runtime '%s' is %s%s"
                    .formatted(member.id, member.marks.cordoned() ? "cordoned and " : "", member.state(now, timing));
        }
        return holdings.count(member.id) < member.slots
                ? ""
                : "runtime '%s' has no free slot of %d".formatted(member.id, member.slots);
    }

    private String reason(TaskRow task, List<Member> able, long now) {
        if (!able.isEmpty()) {
            return "no free slot (%d runtimes have the %s)".formatted(able.size(), plugin(task));
        }
        List<Member> connectors = members.values().stream()
                .filter(member -> member.state(now, timing) == Member.State.ALIVE)
                .filter(member -> member.roles.contains("connector"))
                .toList();
        if (connectors.isEmpty()) {
            return "no connector runtime is alive (expected: one with the " + plugin(task) + ")";
        }
        Demand anywhere = new Demand(task.kind(), task.plugin(), task.needs().pluginVersion(), "{}");
        List<Member> offering =
                connectors.stream().filter(member -> offers(member, anywhere)).toList();
        if (offering.isEmpty()) {
            return "no runtime has the %s (%d connector runtimes alive)".formatted(plugin(task), connectors.size());
        }
        Map<String, String> wanted = labels(task.needs().placement());
        if (offering.stream().noneMatch(member -> member.labels.entrySet().containsAll(wanted.entrySet()))) {
            return "no runtime with the %s has the labels %s".formatted(plugin(task), wanted);
        }
        return "every runtime with the %s is cordoned".formatted(plugin(task));
    }

    private static String plugin(TaskRow task) {
        String version = task.needs().pluginVersion();
        return "%s plugin '%s'%s"
                .formatted(
                        task.kind().toLowerCase(Locale.ROOT),
                        task.plugin(),
                        version.isEmpty() ? "" : " version " + version);
    }
}
