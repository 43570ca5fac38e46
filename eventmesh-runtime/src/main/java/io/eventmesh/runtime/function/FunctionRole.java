package io.eventmesh.runtime.function;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.runtime.client.MeshAccess;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the events of every bus by its rules. The definitions come from the admin as snapshots; the last one lies on disk,
 * so that rules go on, and start, without an admin.
 */
final class FunctionRole implements Role {
    private static final Logger log = LoggerFactory.getLogger(FunctionRole.class);

    private final FunctionConfig config;
    private final RoleContext context;
    private final SerialExecutor changes;
    private final ConcurrentMap<BusPattern, RuleMember> members = new ConcurrentHashMap<>();
    private volatile Map<String, String> problems = Map.of();
    private volatile long version;
    private volatile boolean closed;
    private MetaStore.@Nullable Handle definitions;

    FunctionRole(FunctionConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
        this.changes = new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
    }

    @Override
    public String name() {
        return "function";
    }

    @Override
    public void start() {
        RuleMember.Surroundings surroundings = new RuleMember.Surroundings(
                MeshAccess.of(context),
                CallContext.of(Principal.runtime(context.runtimeId()), "function"),
                config,
                context.clock(),
                context.scheduler(),
                context.blocking(),
                new RuleMeters(context.meters()));
        definitions =
                AdminLink.of(context).definitions(snapshot -> changes.execute(() -> change(snapshot, surroundings)));
    }

    private void change(Definitions snapshot, RuleMember.Surroundings surroundings) {
        if (closed) {
            return;
        }
        RuleBook book = RuleBook.of(snapshot, context.plugins());
        book.problems().forEach((rule, problem) -> {
            if (!problem.equals(problems.get(rule))) {
                log.error("Rule cannot be applied by this runtime. rule={} error={}", rule, problem);
            }
        });
        problems = book.problems();
        members.forEach((pattern, member) -> {
            if (!book.sets().containsKey(pattern)) {
                members.remove(pattern);
                member.close();
            }
        });
        book.sets().forEach((pattern, rules) -> {
            RuleMember member = members.get(pattern);
            if (member != null) {
                member.use(rules);
            } else {
                RuleMember joining = new RuleMember(pattern, rules, surroundings);
                members.put(pattern, joining);
                joining.join();
            }
        });
        version = snapshot.getVersion();
        log.info("Rules in force. version={} rules={} patterns={}", version, snapshot.getRulesCount(), members.size());
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
        for (Map.Entry<BusPattern, RuleMember> member : members.entrySet()) {
            String problem = member.getValue().problem();
            if (problem != null) {
                return Health.degraded("bus %s, pattern %s: %s"
                        .formatted(member.getKey().bus(), member.getKey().pattern(), problem));
            }
        }
        return Health.up("definitions version " + version);
    }

    @Override
    public void close() {
        closed = true;
        MetaStore.Handle handle = definitions;
        if (handle != null) {
            handle.close();
        }
        members.values().forEach(RuleMember::close);
        members.clear();
    }
}
