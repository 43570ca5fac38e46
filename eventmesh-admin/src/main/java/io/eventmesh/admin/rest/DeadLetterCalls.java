package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.OperationRow;
import io.eventmesh.admin.definition.Change;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.OperationRunner;
import io.eventmesh.admin.sync.LetterOrder;
import io.eventmesh.admin.sync.LetterStep;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.DeadLetterDesk.Action;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** Dead letters: where they lie, what they are, and sending them once more or throwing them away. */
final class DeadLetterCalls implements RestCalls {
    private static final int SHOWN = 10;
    private static final int PIECE = 256;
    /** A dry run counts so many letters at most. */
    private static final long MAX_COUNTED = 10_000;

    private final MeshPeers peers;
    private final OperationRunner runner;
    private final MeshClock clock;

    DeadLetterCalls(MeshPeers peers, OperationRunner runner, MeshClock clock) {
        this.peers = peers;
        this.runner = runner;
        this.clock = clock;
        runner.kind(Action.REDRIVE.name(), new LetterStep(peers, Action.REDRIVE));
        runner.kind(Action.DISCARD.name(), new LetterStep(peers, Action.DISCARD));
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listDeadLetterTopics", "/dlq", this::topics)
                .read("listDeadLetters", "/dlq/{topic}/events", this::list)
                .read("getDeadLetter", "/dlq/{topic}/events/{partition}-{offset}", this::get)
                .write(
                        "redriveDeadLetters",
                        HttpMethod.POST,
                        "/dlq/{topic}:redrive",
                        call -> settle(call, Action.REDRIVE))
                .write(
                        "discardDeadLetters",
                        HttpMethod.POST,
                        "/dlq/{topic}:discard",
                        call -> settle(call, Action.DISCARD));
    }

    private Answer topics(Call call) {
        MeshPeers.Found<DeadLetterDesk.Topic> found =
                peers.deadLetterTopics(call.namespace(), call.after(), call.limit() + 1);
        return MeshPages.of(
                call, found, DeadLetterDocument::of, topic -> topic.stream().toString());
    }

    private Answer list(Call call) {
        DeadLetterDesk.Choice choice = LetterOrder.choice(asked(call));
        StreamName topic = topic(call);
        String after = call.after();
        int limit = call.limit();
        DeadLetterDesk.Page found = peers.first(admin -> admin.deadLetters().read(topic, choice, after, limit));
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        found.letters().forEach(letter -> items.add(DeadLetterDocument.of(letter)));
        if (found.next().isEmpty()) {
            page.putNull("nextCursor");
        } else {
            page.put("nextCursor", Call.cursor(found.next()));
        }
        return Answer.ok(page);
    }

    /** The choice in the query as it would stand in a body. */
    private static ObjectNode asked(Call call) {
        ObjectNode choice = Json.object();
        for (String field : List.of("code", "stage", "after", "before")) {
            call.asked(field).ifPresent(value -> choice.put(field, value));
        }
        call.asked("filter").ifPresent(filter -> choice.set("filter", LetterOrder.filter(filter)));
        return choice;
    }

    private Answer get(Call call) {
        StreamName topic = topic(call);
        DeadLetterDesk.Choice choice = new DeadLetterDesk.Choice(
                "",
                "",
                "",
                0,
                0,
                List.of(new DeadLetterDesk.Place((int) number(call, "partition"), number(call, "offset"))));
        return peers.first(admin -> admin.deadLetters().read(topic, choice, "", 1)).letters().stream()
                .findFirst()
                .map(letter -> Answer.ok(DeadLetterDocument.of(letter)))
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.NOT_FOUND,
                        "dead letter: %s-%s (expected: one that was neither redriven nor discarded)"
                                .formatted(call.path("partition"), call.path("offset"))));
    }

    private static long number(Call call, String parameter) {
        String text = call.path(parameter);
        if (!text.matches(parameter.equals("partition") ? "\\d{1,9}" : "\\d{1,18}")) {
            throw Refusals.invalid(parameter, text, "a number");
        }
        return Long.parseLong(text);
    }

    private static StreamName topic(Call call) {
        return new StreamName(call.namespace(), call.path("topic"));
    }

    private Answer settle(Call call, Action action) {
        StreamName topic = topic(call);
        ObjectNode asked = call.documentIfAny();
        LetterOrder.requireKnown(asked, action);
        DeadLetterDesk.Order order = LetterOrder.of(asked, action, "dry-run");
        if (call.dryRun()) {
            return dryRun(topic, order);
        }
        if (action == Action.DISCARD && !asked.path("confirm").asText("").equals(topic.name())) {
            throw Refusals.invalid(
                    "/confirm", asked.path("confirm").asText(""), "'" + topic.name() + "', the topic once more");
        }
        // says at once what is wrong with it
        peers.first(admin -> admin.deadLetters().settle(topic, order, "", 1, true));
        // what dies once more meanwhile is not sent once more: it would go on for ever
        asked.put("before", LetterOrder.earlier(asked, clock.millis()));
        OperationRow row = runner.underTerm(handle -> {
            OperationRow submitted = runner.submit(
                    handle,
                    action.name(),
                    topic.namespace(),
                    LetterStep.RESOURCE + topic.name(),
                    asked.toString(),
                    null,
                    call.actor());
            call.hook()
                    .stored(
                            handle,
                            new Change(
                                    topic.namespace(),
                                    LetterStep.RESOURCE + topic.name(),
                                    null,
                                    null,
                                    null,
                                    OperationCalls.document(submitted).toString(),
                                    List.of(),
                                    List.of()));
            return submitted;
        });
        runner.look();
        return OperationCalls.accepted(row);
    }

    private Answer dryRun(StreamName topic, DeadLetterDesk.Order order) {
        ObjectNode plan = Json.object();
        long matches = 0;
        long scanned = 0;
        String next = "";
        String blocked;
        ArrayNode skipped = Json.object().putArray("skipped");
        long left = 0;
        do {
            String cursor = next;
            DeadLetterDesk.Step step =
                    peers.first(admin -> admin.deadLetters().settle(topic, order, cursor, PIECE, true));
            matches += step.done();
            scanned += Math.max(1, step.scanned());
            left += step.skipped().size();
            for (DeadLetterDesk.Skipped one : step.skipped()) {
                if (skipped.size() < SHOWN) {
                    skipped.addObject()
                            .put("partition", one.place().partition())
                            .put("offset", one.place().offset())
                            .put("reason", one.reason());
                }
            }
            next = step.next();
            blocked = step.blocked();
        } while (!next.isEmpty() && scanned < MAX_COUNTED);
        plan.put("matches", matches).put("counted", next.isEmpty()).put("skipping", left);
        ArrayNode first = plan.putArray("first");
        peers.first(admin -> admin.deadLetters().read(topic, order.choice(), "", SHOWN))
                .letters()
                .forEach(letter -> first.add(DeadLetterDocument.of(letter)));
        plan.set("skipped", skipped);
        return Answer.ok(plan.put("blocked", blocked));
    }
}
