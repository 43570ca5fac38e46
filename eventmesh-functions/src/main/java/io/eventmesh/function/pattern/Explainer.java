package io.eventmesh.function.pattern;

import io.eventmesh.function.JsonEvent;
import io.eventmesh.function.subscription.Dialect;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says of each thing that a rule asks what stood there instead. For one event, for one use. */
final class Explainer {
    private static final int LONGEST = 200;
    private static final String NOTHING = "nothing";

    private final EventView event;
    private final List<FilterClause> clauses = new ArrayList<>();

    Explainer(EventView event) {
        this.event = event;
    }

    List<FilterClause> explain(RuleBody body) {
        if (body.pattern() != null) {
            explain(body.pattern());
            boolean each = clauses.stream().allMatch(FilterClause::matched);
            if (each && !matches(body.pattern())) {
                clauses.add(new FilterClause(
                        "/filter", "", "all fields in the same elements of arrays", "different elements", false));
            }
        }
        if (body.dialect() != null) {
            explain(body.dialect());
        }
        return List.copyOf(clauses);
    }

    private boolean matches(Pattern pattern) {
        Fields fields = new Fields();
        Alternative[] alternatives = Alternative.of(pattern.conjuncts(), fields);
        return Alternative.any(alternatives, fields.read(event));
    }

    private void explain(Pattern pattern) {
        if (pattern instanceof Pattern.Leaf leaf) {
            clauses.add(new FilterClause(
                    leaf.spot().pointer(), leaf.field().path(), cut(leaf.text()), found(leaf.field()), matches(leaf)));
        } else if (pattern instanceof Pattern.All all) {
            all.members().forEach(this::explain);
        } else if (pattern instanceof Pattern.Any any) {
            List<String> met = new ArrayList<>();
            for (int i = 0; i < any.members().size(); i++) {
                explain(any.members().get(i));
                if (matches(any.members().get(i))) {
                    met.add(Integer.toString(i));
                }
            }
            either(any.spot().pointer(), any.members().size(), met);
        }
    }

    private void explain(Dialect dialect) {
        if (dialect instanceof Dialect.Compare compare) {
            clauses.add(clause(compare, compare.attribute(), found(compare)));
        } else if (dialect instanceof Dialect.All all) {
            all.members().forEach(this::explain);
        } else if (dialect instanceof Dialect.Any any) {
            List<String> met = new ArrayList<>();
            for (int i = 0; i < any.members().size(); i++) {
                explain(any.members().get(i));
                if (any.members().get(i).test(event)) {
                    met.add(Integer.toString(i));
                }
            }
            either(any.spot().pointer(), any.members().size(), met);
        } else if (dialect instanceof Dialect.Not not && not.member() instanceof Dialect.Compare compare) {
            clauses.add(clause(not, compare.attribute(), found(compare)));
        } else {
            clauses.add(clause(dialect, "", Boolean.toString(dialect.test(event))));
        }
    }

    private FilterClause clause(Dialect dialect, String path, String found) {
        return new FilterClause(dialect.spot().pointer(), path, cut(expected(dialect)), found, dialect.test(event));
    }

    private void either(String pointer, int of, List<String> met) {
        String found = met.isEmpty() ? "none" : String.join(", ", met);
        clauses.add(new FilterClause(pointer, "", "one of %d alternatives".formatted(of), cut(found), !met.isEmpty()));
    }

    private static String expected(Dialect dialect) {
        if (dialect instanceof Dialect.Compare compare) {
            return "%s %s".formatted(compare.comparison().name().toLowerCase(Locale.ROOT), quoted(compare.expected()));
        }
        if (dialect instanceof Dialect.Not not) {
            return "not (" + expected(not.member()) + ")";
        }
        if (dialect instanceof Dialect.Sql sql) {
            return sql.text();
        }
        boolean all = dialect instanceof Dialect.All;
        List<Dialect> members = all ? ((Dialect.All) dialect).members() : ((Dialect.Any) dialect).members();
        return String.join(
                all ? " and " : " or ", members.stream().map(Explainer::named).toList());
    }

    private static String named(Dialect member) {
        return member instanceof Dialect.Compare compare
                ? compare.attribute() + " " + expected(compare)
                : "(" + expected(member) + ")";
    }

    private String found(Dialect.Compare compare) {
        String value = Dialect.valueOf(event.event(), compare.attribute());
        return value == null ? NOTHING : cut(quoted(value));
    }

    private String found(Field field) {
        Fields fields = new Fields();
        int number = fields.add(field);
        List<String> values = new ArrayList<>();
        for (Value value = fields.read(event).first(number); value != null; value = value.next) {
            values.add(0, value.key() instanceof String text ? quoted(text) : String.valueOf(value.key()));
        }
        if (values.isEmpty()) {
            String invisible = field.isData() ? JsonEvent.of(event).invisible() : null;
            return invisible == null ? NOTHING : NOTHING + ": " + invisible;
        }
        return cut(values.size() == 1 ? values.get(0) : values.toString());
    }

    private static String quoted(String text) {
        // Only as much of it as can be shown is worth quoting.
        return JsonEvent.MAPPER.getNodeFactory().textNode(cut(text)).toString();
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
