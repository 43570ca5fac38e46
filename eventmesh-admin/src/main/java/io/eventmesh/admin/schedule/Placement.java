package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.TaskRow;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Where a task should go: to a runtime that has its plugin and a free slot, is alive and does not drain; away from the
 * other tasks of its connector, then to the least loaded, then back to where it was, then by rendezvous hash, so that
 * equal runtimes share without moving anything. Pure.
 */
final class Placement {
    /**
     * The answer.
     *
     * @param reason why there is no runtime, in words for the operator
     */
    record Choice(Optional<Member> member, String reason) {}

    private final Timing timing;

    Placement(Timing timing) {
        this.timing = timing;
    }

    /**
     * @param load tasks a runtime has
     * @param siblings tasks of the same connector a runtime has
     */
    Choice choose(
            TaskRow task,
            Collection<Member> members,
            long now,
            ToIntFunction<Member> load,
            ToIntFunction<Member> siblings) {
        List<Member> alive = members.stream()
                .filter(member -> member.state(now, timing) == Member.State.ALIVE)
                .toList();
        List<Member> able = alive.stream()
                .filter(member -> member.offers(task.kind(), task.plugin()))
                .toList();
        @Nullable String last = task.assignment().lastRuntime();
        Optional<Member> best = able.stream()
                .filter(member -> load.applyAsInt(member) < member.slots)
                .min(Comparator.comparingInt(siblings)
                        .thenComparingInt(load)
                        .thenComparingInt(member -> member.id.equals(last) ? 0 : 1)
                        .thenComparingLong(member -> -hash(task.id(), member.id))
                        .thenComparing(member -> member.id));
        return new Choice(best, best.isPresent() ? "" : reason(task, alive, able));
    }

    private static String reason(TaskRow task, List<Member> alive, List<Member> able) {
        String plugin = "%s plugin '%s'".formatted(task.kind().toLowerCase(java.util.Locale.ROOT), task.plugin());
        long connectors = alive.stream()
                .filter(member -> member.roles.contains("connector"))
                .count();
        if (connectors == 0) {
            return "no connector runtime is alive (expected: one with the " + plugin + ")";
        }
        if (able.isEmpty()) {
            return "no runtime has the %s (%d connector runtimes alive)".formatted(plugin, connectors);
        }
        return "no free slot (%d runtimes have the %s)".formatted(able.size(), plugin);
    }

    private static long hash(String task, String runtime) {
        CRC32 crc = new CRC32();
        crc.update((task + "|" + runtime).getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }
}
