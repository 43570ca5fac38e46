package io.eventmesh.benchmarks.rules;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * Rules as a large bus has them: of ten, four ask for an exact source and type, two for a prefix or suffix, one for a wildcard,
 * and one each for a field that exists, a number above a bound of its own, and anything but a value of its own. There is
 * a type for every ten rules, so that an event meets at most ten.
 */
final class RuleMix {
    private static final int OF_ONE_TYPE = 10;

    private RuleMix() {}

    static RuleFilterProvider filters() {
        return ServiceLoader.load(RuleFilterProvider.class).findFirst().orElseThrow();
    }

    static List<String> patterns(int rules) {
        int types = Math.max(1, rules / OF_ONE_TYPE);
        List<String> patterns = new ArrayList<>(rules);
        for (int i = 0; i < rules; i++) {
            patterns.add(pattern(i / types, i % types, i));
        }
        return patterns;
    }

    private static String pattern(int kind, int type, int number) {
        return switch (kind) {
            case 0, 1, 2, 3 -> "{\"source\":[\"%s\"],\"type\":[\"%s\"]}".formatted(source(type), type(type));
            case 4 -> "{\"type\":[{\"prefix\":\"com.shop.t%05d.\"}]}".formatted(type);
            case 5 -> "{\"source\":[{\"suffix\":\"/t%05d\"}]}".formatted(type);
            case 6 -> "{\"source\":[{\"wildcard\":\"/*/shops/*/t%05d\"}]}".formatted(type);
            case 7 -> "{\"type\":[\"%s\"],\"data\":{\"customer\":[{\"exists\":true}]}}".formatted(type(type));
            case 8 ->
                "{\"type\":[\"%s\"],\"data\":{\"total\":[{\"numeric\":[\">\",%d.5]}]}}"
                        .formatted(type(type), number % 120);
            default ->
                "{\"type\":[\"%s\"],\"data\":{\"status\":[{\"anything-but\":\"s%d\"}]}}".formatted(type(type), number);
        };
    }

    private static String type(int type) {
        return "com.shop.t%05d.created".formatted(type);
    }

    private static String source(int type) {
        return "/eu/shops/berlin/t%05d".formatted(type);
    }

    static Map<Integer, RuleFilter> compiled(RuleFilterProvider filters, List<String> patterns) {
        Map<Integer, RuleFilter> compiled = new LinkedHashMap<>(2 * patterns.size());
        for (int i = 0; i < patterns.size(); i++) {
            compiled.put(i, filters.compile(patterns.get(i), ""));
        }
        return compiled;
    }

    /** An order of about 600 bytes, of one of the types. */
    static Event event(int type) {
        return Event.builder()
                .id("e-" + type)
                .source(source(type))
                .type(type(type))
                .subject("orders/4711")
                .attribute("region", "eu")
                .attribute("priority", 7)
                .dataContentType("application/json")
                .text("""
                        {"orderId":"o-%1$05d","customer":"c-%1$d","status":"paid","total":119.90,"currency":"EUR",
                         "address":{"street":"Unter den Linden 1","city":"Berlin","zip":"10117","country":"DE"},
                         "items":[{"sku":"sku-1","quantity":2,"price":19.95},{"sku":"sku-2","quantity":1,"price":80.00}],
                         "placed":"2026-02-03T04:05:06Z","channel":"web","coupon":null,"gift":false,
                         "notes":"please ring twice"}""".formatted(type))
                .build();
    }

    static EventView view(Event event) {
        return new EventView(TopicName.of("orders/eu"), event, 1_700_000_000_000L);
    }
}
