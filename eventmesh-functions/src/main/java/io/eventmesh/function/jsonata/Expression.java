package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata;
import com.dashjoin.jsonata.Parser.Symbol;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.function.InvalidSpec;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An expression, compiled. Serves one evaluation at a time, on any thread. */
final class Expression implements Evaluable {
    /** A list of steps with variables copies what it has for each of its elements. */
    private static final int MAX_BOUND_STEPS = 20_000;

    /** Before messages that the engine does not know. */
    private static final String PREFIX = "JSonataException ";

    static {
        // What the engine makes when it is first asked for, and hands to other threads without a word.
        parsed("[$fromMillis(0), ($uppercase ~> $lowercase)('x')]").evaluate(null);
    }

    private final Jsonata compiled;
    private boolean changes;
    private boolean wildcards;
    private int boundSteps;
    private @Nullable Surroundings around;

    private Expression(Jsonata compiled, String path) {
        this.compiled = compiled;
        Internals.visit(compiled, node -> examine(node, path));
        Builtins.within(this::surroundings).forEach(compiled::registerFunction);
        compiled.setOutputConvertNulls(false);
        compiled.setValidateInput(false);
    }

    /** @throws InvalidSpec when it is no expression, or one that cannot be bounded */
    static Expression of(String text, String path) {
        try {
            return new Expression(parsed(text), path);
        } catch (JException refused) {
            throw new InvalidSpec(path, reason(refused));
        } catch (StackOverflowError tooDeep) {
            throw new InvalidSpec(path, "nested too deep");
        } catch (InvalidSpec refused) {
            throw refused;
        } catch (RuntimeException notForeseen) {
            // what the engine's parser stumbles over is no expression
            throw new InvalidSpec(path, "no expression: " + notForeseen);
        }
    }

    /**
     * The engine remembers for each thread the expression that was parsed there last, and keeps the state of whatever is
     * evaluated there in it. So that must be one that is evaluated nowhere.
     */
    private static Jsonata parsed(String text) {
        try {
            return Jsonata.jsonata(text);
        } finally {
            Jsonata.jsonata("$");
        }
    }

    /** What the engine says is wrong. */
    static String reason(JException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.startsWith(PREFIX) ? message.substring(PREFIX.length()) : message;
    }

    private void examine(Symbol node, String path) {
        switch (Internals.type(node)) {
            case "regex" -> {
                if (Internals.value(node) instanceof Pattern pattern) {
                    Internals.setValue(node, new RegexFunction(pattern, this::surroundings));
                }
            }
            case "transform" -> changes = true;
            case "wildcard" -> wildcards = true;
            case "lambda" -> {
                if (node.signature != null) {
                    throw new InvalidSpec(
                            path, "a function with a signature '<…>' (expected: one without, whose arguments are any)");
                }
            }
            default -> {}
        }
    }

    private Surroundings surroundings() {
        return Objects.requireNonNull(around);
    }

    @Override
    public Weights weights() {
        return new Weights(changes, wildcards);
    }

    @Override
    public JsonNode evaluate(JsonNode input, Surroundings surroundings) {
        around = surroundings;
        boundSteps = 0;
        Budget budget = surroundings.budget();
        try {
            Object root = Values.of(input);
            budget.made(root);
            Jsonata.Frame frame = compiled.createFrame();
            frame.setEvaluateEntryCallback((node, value, environment) -> enter(node, budget));
            frame.setEvaluateExitCallback((node, value, environment, result) -> budget.leave(result));
            Object result = compiled.evaluate(root, frame);
            if (result == null) {
                throw new JException("the expression finds nothing in the event", 0);
            }
            return Values.json(result, budget);
        } finally {
            around = null;
        }
    }

    private void enter(Symbol node, Budget budget) {
        budget.enter();
        if (node.tuple != null && ++boundSteps > MAX_BOUND_STEPS) {
            throw budget.exceed("more than %d values bound by @, # or %%".formatted(MAX_BOUND_STEPS));
        }
    }
}
