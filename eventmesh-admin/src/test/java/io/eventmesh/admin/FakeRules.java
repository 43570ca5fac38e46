package io.eventmesh.admin;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.function.FilterCost;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A filter language, a transform and a target kind that refuse whatever holds {@code bad}. */
public final class FakeRules {
    private FakeRules() {}

    public static Plugin[] all() {
        return new Plugin[] {
            new Patterns(), new Indexed(), new Template(), new ToTopic("topic"), new ToTopic("sink"), new ToWeb()
        };
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

    /** Weighs as many steps as the filter says behind {@code heavy}. */
    private static final class Indexed implements RuleFilterProvider {
        @Override
        public String name() {
            return INDEXED;
        }

        @Override
        public RuleFilter compile(String pattern, String filters) {
            if (pattern.contains("bad")) {
                throw new FilterRefusal("/filter/bad", "filter $.bad: bad (expected: good)");
            }
            if (filters.contains("bad")) {
                throw new FilterRefusal("/filters/0", "filters[0]: bad (expected: good)");
            }
            long weight = pattern.contains("heavy") ? FilterCost.MAX_STEPS : 1;
            return new RuleFilter() {
                @Override
                public boolean test(EventView event) {
                    return true;
                }

                @Override
                public boolean readsData() {
                    return false;
                }

                @Override
                public long weight() {
                    return weight;
                }

                @Override
                public List<FilterClause> explain(EventView event) {
                    return List.of();
                }
            };
        }

        @Override
        public <R> RuleIndex<R> index(Map<R, RuleFilter> rules) {
            long steps = rules.values().stream().mapToLong(RuleFilter::weight).sum();
            return new RuleIndex<>() {
                @Override
                public List<R> matches(EventView event) {
                    return List.copyOf(rules.keySet());
                }

                @Override
                public FilterCost cost() {
                    return new FilterCost(rules.size(), rules.size(), steps);
                }
            };
        }
    }

    private static final class Template implements TransformerProvider {
        @Override
        public String name() {
            return "template";
        }

        @Override
        public Transformer compile(String spec, TransformTerms terms) {
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

    private record ToTopic(String name) implements TargetSenderProvider {

        @Override
        public void validate(String namespace, String spec) {
            check(spec);
        }

        @Override
        public TargetSender create(String spec, TargetContext context) {
            throw new UnsupportedOperationException("never runs");
        }
    }

    /** Takes a credential of kind basic or bearer, and several events at once when its specification says so. */
    private static final class ToWeb implements TargetSenderProvider {
        @Override
        public String name() {
            return "webhook";
        }

        @Override
        public void validate(String namespace, String spec) {
            check(spec);
        }

        @Override
        public Set<String> credentialKinds() {
            return Set.of("basic", "bearer");
        }

        @Override
        public Set<String> credentials(String spec) {
            return spec.contains("signed") ? Set.of("signer") : Set.of();
        }

        @Override
        public boolean batches(String spec) {
            return spec.contains("batch");
        }

        @Override
        public TargetSender create(String spec, TargetContext context) {
            throw new UnsupportedOperationException("never runs");
        }
    }
}
