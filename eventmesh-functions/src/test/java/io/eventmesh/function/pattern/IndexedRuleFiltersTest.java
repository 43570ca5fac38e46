package io.eventmesh.function.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndexedRuleFiltersTest {
    private static final EventView ORDER =
            Samples.json("{\"total\":120,\"items\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":2}]}");

    private final IndexedRuleFilters filters = new IndexedRuleFilters();

    @Test
    void itIsFoundByItsName() {
        assertThat(ServiceLoader.load(RuleFilterProvider.class))
                .anySatisfy(provider -> assertThat(provider.name()).isEqualTo(RuleFilterProvider.INDEXED));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "``; ``; true",
                "``; []; true",
                "{\"type\":[\"order.created\"]}; ``; true",
                "{\"type\":[\"other\"]}; ``; false",
                "``; [{\"exact\":{\"region\":\"eu\"}}]; true",
                "``; [{\"exact\":{\"region\":\"us\"}}]; false",
                // An attribute is compared in its type by a pattern, as text by the dialects.
                "{\"priority\":[7]}; [{\"exact\":{\"priority\":\"7\"}}]; true",
                "{\"priority\":[\"7\"]}; [{\"exact\":{\"priority\":\"7\"}}]; false",
                "{\"express\":[true]}; [{\"exact\":{\"express\":\"true\"}}]; true",
                // Both must say yes.
                "{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}; [{\"prefix\":{\"type\":\"order.\"}}]; true",
                "{\"data\":{\"total\":[{\"numeric\":[\">\",200]}]}}; [{\"prefix\":{\"type\":\"order.\"}}]; false",
                "{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}; [{\"prefix\":{\"type\":\"payment.\"}}]; false",
                "{\"data\":{\"none\":[{\"exists\":false}]}}; [{\"suffix\":{\"type\":\".created\"}}]; true",
                "{\"data\":{\"none\":[{\"exists\":false}]}}; [{\"not\":{\"exact\":{\"region\":\"us\"}}}]; true",
                "``; [{\"not\":{\"exact\":{\"missing\":\"x\"}}}]; true",
                "``; [{\"not\":{\"exact\":{\"region\":\"eu\"}}}]; false",
                "``; [{\"any\":[{\"exact\":{\"region\":\"us\"}},{\"suffix\":{\"source\":\"shop\"}}]}]; true",
                "``; [{\"any\":[{\"exact\":{\"region\":\"us\"}},{\"sql\":\"priority > 5\"}]}]; true",
                "``; [{\"sql\":\"priority > 5 AND region = 'us'\"}]; false",
                "``; [{\"all\":[{\"exact\":{\"region\":\"eu\"}},{\"sql\":\"priority = 7\"}]}]; true",
            })
    void aRuleTakesWhatItsPatternAndItsDialectsTake(String pattern, String dialects, boolean expected) {
        RuleFilter filter = filters.compile(pattern, dialects);

        assertThat(filter.test(ORDER)).isEqualTo(expected);
        assertThat(filters.index(Map.of("rule", filter)).matches(ORDER)).hasSize(expected ? 1 : 0);
        assertThat(filter.explain(ORDER).stream().allMatch(FilterClause::matched)
                        || (pattern.isEmpty() && dialects.contains("any")))
                .isEqualTo(expected);
    }

    @Test
    void anIndexNamesRulesInTheirOrder() {
        Map<String, RuleFilter> rules = new LinkedHashMap<>();
        rules.put("z", filters.compile("{\"type\":[\"order.created\"]}", ""));
        rules.put("no", filters.compile("{\"type\":[\"other\"]}", ""));
        rules.put("m", filters.compile("", ""));
        rules.put("a", filters.compile("{\"data\":{\"total\":[120]}}", ""));
        rules.put("b", filters.compile("", "[{\"prefix\":{\"type\":\"order\"}}]"));

        RuleIndex<String> index = filters.index(rules);

        assertThat(index.matches(ORDER)).containsExactly("z", "m", "a", "b");
        assertThat(index.cost().rules()).isEqualTo(5);
        assertThat(filters.index(Map.<String, RuleFilter>of()).matches(ORDER)).isEmpty();
    }

    @Test
    void whetherThePayloadIsLookedAtIsKnown() {
        assertThat(filters.compile("{\"type\":[\"a\"]}", "[{\"exact\":{\"id\":\"1\"}}]")
                        .readsData())
                .isFalse();
        assertThat(filters.compile("{\"data\":[1]}", "").readsData()).isTrue();
        assertThat(filters.compile("{\"data\":{\"a\":[{\"exists\":false}]}}", "")
                        .readsData())
                .isTrue();
        assertThat(filters.compile("{\"type\":[{\"$field\":\"data.type\"}]}", "")
                        .readsData())
                .isTrue();
    }

    @Test
    void anExplanationNamesForEachClauseWhatStoodThere() {
        RuleFilter filter = filters.compile(
                "{\"type\":[{\"prefix\":\"order.\"}],\"data\":{\"total\":[{\"numeric\":[\">\",200]}],\"items\":{\"sku\":[\"a\",\"b\"]},\"note\":[{\"exists\":true}]}}",
                "[{\"exact\":{\"region\":\"us\"}},{\"not\":{\"suffix\":{\"source\":\"x\"}}},{\"sql\":\"priority > 9\"}]");

        assertThat(filter.explain(ORDER))
                .containsExactly(
                        new FilterClause(
                                "/filter/type", "type", "[{\"prefix\":\"order.\"}]", "\"order.created\"", true),
                        new FilterClause(
                                "/filter/data/total", "data.total", "[{\"numeric\":[\">\",200]}]", "120", false),
                        new FilterClause(
                                "/filter/data/items/sku", "data.items.sku", "[\"a\",\"b\"]", "[\"a\", \"b\"]", true),
                        new FilterClause("/filter/data/note", "data.note", "[{\"exists\":true}]", "nothing", false),
                        new FilterClause("/filters/0/exact/region", "region", "exact \"us\"", "\"eu\"", false),
                        new FilterClause("/filters/1/not", "source", "not (suffix \"x\")", "\"/shop\"", true),
                        new FilterClause("/filters/2/sql", "", "priority > 9", "false", false));
    }

    @Test
    void anExplanationNamesTheAlternativeThatWasMet() {
        RuleFilter filter = filters.compile(
                "{\"$or\":[{\"type\":[\"x\"]},{\"region\":[\"eu\"]}]}",
                "[{\"any\":[{\"exact\":{\"id\":\"2\"}},{\"exact\":{\"id\":\"3\"}}]}]");

        assertThat(filter.explain(ORDER))
                .containsExactly(
                        new FilterClause("/filter/$or/0/type", "type", "[\"x\"]", "\"order.created\"", false),
                        new FilterClause("/filter/$or/1/region", "region", "[\"eu\"]", "\"eu\"", true),
                        new FilterClause("/filter/$or", "", "one of 2 alternatives", "1", true),
                        new FilterClause("/filters/0/any/0/exact/id", "id", "exact \"2\"", "\"1\"", false),
                        new FilterClause("/filters/0/any/1/exact/id", "id", "exact \"3\"", "\"1\"", false),
                        new FilterClause("/filters/0/any", "", "one of 2 alternatives", "none", false));
    }

    @Test
    void anExplanationSaysWhenFieldsWereMetByDifferentElements() {
        RuleFilter filter = filters.compile("{\"data\":{\"items\":{\"sku\":[\"a\"],\"n\":[2]}}}", "");

        assertThat(filter.test(ORDER)).isFalse();
        List<FilterClause> clauses = filter.explain(ORDER);
        assertThat(clauses.subList(0, 2)).allMatch(FilterClause::matched);
        assertThat(clauses.get(2))
                .isEqualTo(new FilterClause(
                        "/filter", "", "all fields in the same elements of arrays", "different elements", false));
    }

    @Test
    void aRefusalNamesThePlaceForPeopleAndForPrograms() {
        assertThatThrownBy(() -> filters.compile("{\"data\":{\"a/b\":[{\"prefix\":1}]}}", ""))
                .isInstanceOfSatisfying(FilterRefusal.class, refusal -> {
                    assertThat(refusal.reason()).isEqualTo("filter $.data['a/b'][0].prefix: 1 (expected: a string)");
                    assertThat(refusal.pointer()).isEqualTo("/filter/data/a~1b/0/prefix");
                });
        assertThatThrownBy(() -> filters.compile("", "[{\"exact\":{\"id\":\"1\"}},{\"prefix\":{\"id\":1}}]"))
                .isInstanceOfSatisfying(
                        FilterRefusal.class,
                        refusal -> assertThat(refusal.pointer()).isEqualTo("/filters/1/prefix/id"));
    }
}
