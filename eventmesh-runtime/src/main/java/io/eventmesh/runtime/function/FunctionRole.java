package io.eventmesh.runtime.function;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleGroups;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.rules.RuleBook;
import io.eventmesh.rules.RuleGroup;
import io.eventmesh.rules.RuleSource;
import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.runtime.admin.ReportPart;
import io.eventmesh.runtime.client.MeshAccess;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the events of every bus by its rules. The definitions come from the admin as snapshots, and which groups of rules
 * are this runtime's as part of its directives; the last of both lie on disk, so that rules go on, and start, without an
 * admin.
 *
 * <p>Compiling happens on a thread of its own, since many rules take a while; a snapshot that was overtaken is left out.
 */
final class FunctionRole implements Role, ReportPart {
    private static final Logger log = LoggerFactory.getLogger(FunctionRole.class);

    private static final Duration DRAIN = Duration.ofSeconds(5);

    private final FunctionConfig config;
    private final RoleContext context;
    private final RuleMeters meters;
    private final ThreadPoolExecutor changes;
    private final AtomicReference<@Nullable Definitions> newest = new AtomicReference<>();
    private final AtomicReference<@Nullable RuleGroups> given = new AtomicReference<>();
    private final ConcurrentMap<RuleSource, RuleMember> members = new ConcurrentHashMap<>();

    // touched by the thread of changes only
    private final Assignment assignment;

    // touched by reports and directives only, one at a time
    private final GroupLoads loads;
    private @Nullable RuleGroups heard;

    private volatile RuleMember.@Nullable Surroundings surroundings;
    private volatile RuleBook book = RuleBook.empty();
    private volatile Map<String, String> problems = Map.of();
    private volatile boolean closed;
    private MetaStore.@Nullable Handle definitions;

    FunctionRole(FunctionConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
        this.meters = new RuleMeters(context.meters());
        this.loads = new GroupLoads(context.clock(), meters);
        this.assignment = new Assignment(context.runtimeDirectory());
        // what waits is at most one step for definitions and one for groups, each of which takes the newest
        this.changes = new ThreadPoolExecutor(
                1,
                1,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new NamedThreads("function-rules"),
                new ThreadPoolExecutor.DiscardPolicy());
        changes.allowCoreThreadTimeOut(true);
    }

    @Override
    public String name() {
        return "function";
    }

    @Override
    public void start() {
        surroundings = new RuleMember.Surroundings(
                MeshAccess.of(context),
                CallContext.of(Principal.runtime(context.runtimeId()), "function"),
                config,
                context.clock(),
                context.scheduler(),
                context.blocking(),
                meters);
        changes.execute(assignment::load);
        AdminLink link = AdminLink.of(context);
        link.part(this);
        definitions = link.definitions(snapshot -> {
            if (newest.getAndSet(snapshot) == null) {
                changes.execute(this::compile);
            }
        });
    }

    @Override
    public void tell(RuntimeReport.Builder report) {
        Set<RuleGroup> known =
                book.sets().keySet().stream().map(RuleSource::group).collect(Collectors.toSet());
        Set<RuleGroup> judging =
                members.keySet().stream().map(RuleSource::group).collect(Collectors.toSet());
        report.addAllRuleLoads(loads.of(known, judging));
    }

    @Override
    public void told(AdminDirective directive) {
        if (!directive.hasRuleGroups() || directive.getRuleGroups().equals(heard)) {
            return;
        }
        heard = directive.getRuleGroups();
        if (given.getAndSet(heard) == null) {
            changes.execute(this::take);
        }
    }

    private void take() {
        RuleGroups groups = given.getAndSet(null);
        if (groups != null && !closed) {
            assignment.take(groups);
            join();
            log.info(
                    "Groups of rules placed. elsewhere={} subscriptions={}",
                    groups.getElsewhereCount(),
                    members.size());
        }
    }

    private void compile() {
        Definitions snapshot = newest.getAndSet(null);
        if (snapshot == null || closed) {
            return;
        }
        RuleBook next = book.next(snapshot, context.plugins());
        book = next;
        next.problems().forEach((rule, problem) -> {
            if (!problem.equals(problems.get(rule))) {
                log.error("Rule cannot be applied by this runtime. rule={} error={}", rule, problem);
            }
        });
        problems = next.problems();
        join();
        meters.retain(next.rules());
        log.info(
                "Rules in force. version={} rules={} subscriptions={}",
                next.version(),
                next.rules().size(),
                members.size());
    }

    /** Is a member where there is something to judge for this runtime, by the newest rules, and nowhere else. */
    private void join() {
        RuleBook by = book;
        RuleMember.Surroundings around = surroundings;
        members.forEach((source, member) -> {
            if (!by.sets().containsKey(source) || !assignment.holds(source)) {
                members.remove(source);
                member.close();
            }
        });
        by.sets().forEach((source, rules) -> {
            RuleMember member = members.get(source);
            if (member != null) {
                member.use(rules);
            } else if (assignment.holds(source) && around != null && !closed) {
                RuleMember joining = new RuleMember(source, rules, around);
                members.put(source, joining);
                joining.join();
            }
        });
    }

    @Override
    public Map<String, String> endpoints() {
        return Map.of();
    }

    @Override
    public List<String> banner() {
        return List.of();
    }

    @Override
    public Health health() {
        if (closed) {
            return Health.down("closed");
        }
        if (!problems.isEmpty()) {
            return Health.degraded("rules that cannot be applied here: " + problems.keySet());
        }
        for (Map.Entry<RuleSource, RuleMember> member : members.entrySet()) {
            String problem = member.getValue().problem();
            if (problem != null) {
                return Health.degraded(member.getKey() + ": " + problem);
            }
        }
        return Health.up("definitions version " + book.version());
    }

    /** Finishes what was begun, so that none of it is judged again elsewhere. */
    @Override
    public void drain(Duration atMost) {
        Duration bound = atMost.compareTo(DRAIN) < 0 ? atMost : DRAIN;
        changes.shutdown();
        CompletableFuture<?>[] begun = members.values().stream()
                .map(member -> member.drain().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(begun).get(bound.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException unfinished) {
            log.warn("Events still in judgement go back to their groups. boundMs={}", bound.toMillis());
        }
    }

    @Override
    public void close() {
        closed = true;
        MetaStore.Handle handle = definitions;
        if (handle != null) {
            handle.close();
        }
        changes.shutdownNow();
        members.values().forEach(RuleMember::close);
        members.clear();
    }
}
