package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.OperationRow;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.AskAnswer;
import io.eventmesh.admin.schedule.OperationRunner;
import io.eventmesh.admin.schedule.RuntimeView;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;

/** Runtimes: list, read, cordon, drain, look for plugins again. */
final class RuntimeCalls implements RestCalls {
    private static final int SECONDS = 10;
    /** The scheduler itself gives up after 10 s. */
    private static final int RESCAN_SECONDS = 15;

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Database database;
    private final Registrations registrations;
    private final TaskOperations operations;
    private final LiveTasks tasks;
    private final OperationRunner runner;

    RuntimeCalls(
            Database database,
            Registrations registrations,
            TaskOperations operations,
            LiveTasks tasks,
            OperationRunner runner) {
        this.database = database;
        this.registrations = registrations;
        this.operations = operations;
        this.tasks = tasks;
        this.runner = runner;
        runner.kind(Draining.KIND, new Draining(operations));
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listRuntimes", "/runtimes", this::list)
                .read("getRuntime", "/runtimes/{id}", this::get)
                .action("cordonRuntime", HttpMethod.POST, "/runtimes/{id}:cordon", call -> cordon(call, true))
                .action("uncordonRuntime", HttpMethod.POST, "/runtimes/{id}:uncordon", call -> cordon(call, false))
                .plannedAction("drainRuntime", HttpMethod.POST, "/runtimes/{id}:drain", this::drain)
                .action("undrainRuntime", HttpMethod.POST, "/runtimes/{id}:undrain", this::undrain)
                .action("rescanPlugins", HttpMethod.POST, "/runtimes/{id}/plugins:rescan", this::rescan);
    }

    private Answer list(Call call) {
        Seen seen = seen();
        return new Listing<String>("name", id -> id, id -> id)
                .by("state", seen::state)
                .page(call, List.copyOf(seen.ids()), seen::document);
    }

    private Answer get(Call call) {
        return shown(call.path("id"));
    }

    private Answer shown(String id) {
        Seen seen = seen();
        if (!seen.ids().contains(id)) {
            throw Refusals.unknown("runtime", id);
        }
        long revision = seen.row(id).map(row -> row.marks().revision()).orElse(0L);
        return Answer.ok(seen.document(id)).seen(Long.toString(revision));
    }

    private Answer cordon(Call call, boolean cordoned) {
        return after(call, operations.cordon(call.path("id"), cordoned));
    }

    private Answer undrain(Call call) {
        return after(call, operations.undrain(call.path("id")));
    }

    private Answer after(Call call, CompletionStage<RuntimeView> change) {
        Answers.of("scheduler", SECONDS, change);
        return shown(call.path("id"));
    }

    private Answer drain(Call call) {
        String id = call.path("id");
        if (call.dryRun()) {
            return Answer.ok(plan(id));
        }
        RuntimeView draining = Answers.of("scheduler", SECONDS, operations.drain(id, timeout(call)));
        OperationRow row = runner.underTerm(handle -> runner.submit(
                handle,
                Draining.KIND,
                Names.DEFAULT_NAMESPACE,
                "runtimes/" + id,
                Json.object().put("runtime", id).put("tasks", draining.tasks()).toString(),
                (long) draining.tasks(),
                call.actor()));
        runner.look();
        return OperationCalls.accepted(row);
    }

    /** How long each task may take; zero when nothing was said. */
    private static Duration timeout(Call call) {
        ObjectNode body = call.documentIfAny();
        for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!name.equals("timeout")) {
                throw Refusals.invalid("body", name, "timeout and nothing else");
            }
        }
        String text = body.path("timeout").asText("");
        if (text.isEmpty()) {
            return Duration.ZERO;
        }
        try {
            Duration timeout = Duration.parse(text);
            if (timeout.toMillis() > 0 && timeout.compareTo(LONGEST) <= 0) {
                return timeout;
            }
        } catch (DateTimeParseException | ArithmeticException unreadable) {
            // refused below, like one out of range
        }
        throw Refusals.invalid("timeout", text, "a duration such as PT30S, at most " + LONGEST);
    }

    private Answer rescan(Call call) {
        AskAnswer told = Answers.of("scheduler", RESCAN_SECONDS, operations.rescan(call.path("id")));
        for (AskAnswer.Check check : told.checks()) {
            for (AskAnswer.FieldProblem problem : check.problems()) {
                throw new EventMeshException(ErrorCode.PRECONDITION_FAILED, problem.message());
            }
        }
        ObjectNode answer = Json.object();
        ArrayNode plugins = answer.putArray("plugins");
        told.plugins()
                .forEach(plugin -> plugins.addObject()
                        .put("kind", plugin.kind().toUpperCase(Locale.ROOT))
                        .put("name", plugin.name())
                        .put("version", plugin.version()));
        return Answer.ok(answer);
    }

    private ObjectNode plan(String id) {
        Seen seen = seen();
        if (seen.row(id).isEmpty()) {
            throw Refusals.unknown("runtime", id);
        }
        ObjectNode plan = Json.object();
        ArrayNode away = plan.putArray("tasks");
        seen.tasks().stream()
                .filter(task -> id.equals(task.row().assignment().runtime()))
                .forEach(task -> away.add(task.row().id()));
        ArrayNode others = plan.putArray("runtimes");
        seen.ids().stream()
                .flatMap(other -> seen.row(other).stream())
                .filter(row -> !row.id().equals(id) && seen.state(row).equals("ALIVE"))
                .filter(row -> !row.marks().cordoned() && !row.marks().drained())
                .forEach(row -> others.add(row.id()));
        return plan;
    }

    /** Everything that is known now. */
    private Seen seen() {
        Map<String, RuntimeRow> rows = new TreeMap<>();
        database.transaction(RuntimeTable::all).forEach(row -> rows.put(row.id(), row));
        Map<String, RuntimeView> views = new TreeMap<>();
        try {
            Answers.of("scheduler", SECONDS, operations.runtimes())
                    .forEach(view -> views.put(view.row().id(), view));
        } catch (EventMeshException follows) {
            if (follows.code() != ErrorCode.NOT_LEADER) {
                throw follows;
            }
        }
        TreeSet<String> ids = new TreeSet<>(rows.keySet());
        ids.addAll(registrations.all().keySet());
        ids.addAll(views.keySet());
        List<TaskView> all = tasks.all();
        return new Seen(ids, rows, views, registrations.all(), all);
    }
}
