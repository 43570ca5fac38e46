package io.eventmesh.admin;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;

/** A filter language, a transform and a target kind that refuse whatever holds {@code bad}. */
public final class FakeRules {
    private FakeRules() {}

    public static Plugin[] all() {
        return new Plugin[] {new Patterns(), new Template(), new ToTopic()};
    }

    private static void check(String spec) {
        if (spec.contains("bad")) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "spec: bad (expected: good)");
        }
    }

    private static final class Patterns implements FilterProvider {
        @Override
        public String name() {
            return "event-pattern";
        }

        @Override
        public Filter compile(String spec) {
            check(spec);
            return event -> true;
        }
    }

    private static final class Template implements TransformerProvider {
        @Override
        public String name() {
            return "template";
        }

        @Override
        public Transformer compile(String spec, String ruleName) {
            check(spec);
            return new Transformer() {
                @Override
                public io.eventmesh.spi.event.Event apply(io.eventmesh.spi.function.EventView event) {
                    return event.event();
                }

                @Override
                public boolean isQuick() {
                    return true;
                }
            };
        }
    }

    private static final class ToTopic implements TargetSenderProvider {
        @Override
        public String name() {
            return "topic";
        }

        @Override
        public void validate(String namespace, String spec) {
            check(spec);
        }

        @Override
        public TargetSender create(String spec, TargetContext context) {
            throw new UnsupportedOperationException("never runs");
        }
    }
}
