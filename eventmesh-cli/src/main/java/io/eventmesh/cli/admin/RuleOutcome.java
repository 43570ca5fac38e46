package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;

/** How it is told to people what a rule makes of an event. Stateless. */
final class RuleOutcome {
    private RuleOutcome() {}

    static void print(PrintWriter out, JsonNode told) {
        String name = told.path("rule").asText();
        String reason = told.path("reason").asText();
        switch (told.path("outcome").asText()) {
            case "TAKEN" -> out.printf("✓ Rule %s takes it%n", name);
            case "NOT_TAKEN" -> out.printf("✗ Rule %s does not take it%n", name);
            case "DROPPED" -> out.printf("✗ Rule %s takes it and drops it: %s%n", name, reason);
            case "FAILED" -> out.printf("✗ Rule %s takes it and cannot transform it: %s%n", name, reason);
            default -> out.printf("✗ Rule %s: %s%n", name, reason);
        }
        boolean said = false;
        for (JsonNode clause : told.path("clauses")) {
            boolean met = clause.path("met").asBoolean();
            said |= !met;
            out.printf(
                    "    %s %s: %s%s%n",
                    met ? "✓" : "✗",
                    clause.path("path").asText(),
                    clause.path("found").asText(),
                    met
                            ? ""
                            : " (expected: %s)"
                                    .formatted(clause.path("expected").asText()));
        }
        if (told.path("outcome").asText().equals("NOT_TAKEN") && !said) {
            out.printf("    ✗ %s%n", reason);
        }
        for (JsonNode step : told.path("steps")) {
            out.printf(
                    "    → %s: %s%n",
                    step.path("kind").asText(),
                    step.has("error")
                            ? step.path("error").asText()
                            : step.path("result").path("data"));
        }
        if (told.has("result")) {
            out.printf("    = %s%n", told.path("result"));
        }
        for (JsonNode delivery : told.path("deliveries")) {
            out.printf(
                    "    » %s (%s)%s%n",
                    delivery.path("target").asText(),
                    delivery.path("kind").asText(),
                    delivery.path("paused").asBoolean() ? ", paused: it waits" : "");
            if (delivery.has("method")) {
                out.printf(
                        "        %s %s%n",
                        delivery.path("method").asText(), delivery.path("uri").asText());
                delivery.path("headers")
                        .properties()
                        .forEach(header -> out.printf(
                                "        %s: %s%n",
                                header.getKey(), header.getValue().asText()));
                out.printf("        %s%n", delivery.path("body").asText());
            }
        }
    }
}
