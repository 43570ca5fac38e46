package io.eventmesh.rules.chain;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.proto.v1.TransformDefinition.OnError;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;

/** One step of a chain, compiled. */
record Step(int index, String kind, Transformer transformer, OnError onError) {
    private static final int MAX_REASON = 1024;

    /** @throws InvalidSpec with a path that begins with the step's index */
    static Step of(int index, TransformDefinition definition, String name, Plugins plugins) {
        String at = "/" + index;
        OnError onError = definition.getOnError();
        if (onError == OnError.UNRECOGNIZED) {
            throw new InvalidSpec(
                    at + "/onError",
                    "%d (expected: DEAD_LETTER, SKIP or DROP)".formatted(definition.getOnErrorValue()));
        }
        long timeout = definition.getTimeoutMs();
        if (timeout < 0 || timeout > Chain.MAX_TIMEOUT.toMillis()) {
            throw new InvalidSpec(
                    at + "/timeout", "%d ms (expected: 0..%d)".formatted(timeout, Chain.MAX_TIMEOUT.toMillis()));
        }
        TransformerProvider provider;
        try {
            provider = plugins.named(TransformerProvider.class, definition.getKind());
        } catch (EventMeshException unknown) {
            throw new InvalidSpec(at + "/kind", unknown.reason());
        }
        TransformTerms terms = new TransformTerms(name, Duration.ofMillis(timeout));
        return new Step(index, definition.getKind(), compiled(provider, definition.getSpec(), terms, at), onError);
    }

    private static Transformer compiled(TransformerProvider provider, String spec, TransformTerms terms, String at) {
        try {
            return provider.compile(spec, terms);
        } catch (InvalidSpec invalid) {
            throw invalid.below(at + "/spec");
        } catch (EventMeshException refused) {
            throw new InvalidSpec(at + "/spec", refused.reason());
        }
    }

    /**
     * What it makes of an event.
     *
     * @throws EventMeshException whatever went wrong, naming the step
     */
    Event apply(EventView view) {
        Event input = view.event();
        try {
            Event changed = transformer.apply(view);
            return changed.id().equals(input.id())
                    ? changed
                    : changed.toBuilder().id(input.id()).build();
        } catch (EventMeshException refusal) {
            throw new EventMeshException(refusal.code(), at(refusal.reason()), refusal);
        } catch (RuntimeException defect) {
            // a transformer is a plugin: what it did not foresee is this event's failure, not the runtime's
            throw new EventMeshException(ErrorCode.RULE_INVALID, at(String.valueOf(defect)), defect);
        }
    }

    private String at(String reason) {
        String cut = reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "…";
        return "transforms[%d] %s: %s".formatted(index, kind, cut);
    }
}
