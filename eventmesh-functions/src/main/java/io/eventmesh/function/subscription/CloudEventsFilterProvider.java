package io.eventmesh.function.subscription;

import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;

/**
 * The filters of a subscription: a JSON array of expressions that must all be true, such as
 * {@code [{"prefix":{"type":"com.example."}},{"not":{"exact":{"source":"/test"}}}]}. An empty array, or an empty text, is
 * true for every event.
 *
 * <p>Dialects: {@code exact}, {@code prefix} and {@code suffix} compare attributes, as strings and in their case, and are
 * false where one is missing; {@code all}, {@code any} and {@code not} combine; {@code sql} is a CloudEvents SQL
 * expression, where an error or a result that is not a boolean is false. Attributes are read where they stand in the
 * event's bytes; the data is not visible.
 *
 * <p>Spec: CloudEvents Subscriptions 1.0-wip, section 3.2.4; CloudEvents SQL 1.0.
 */
public final class CloudEventsFilterProvider implements FilterProvider {
    @Override
    public String name() {
        return "cloudevents";
    }

    @Override
    public Filter compile(String spec) {
        return Dialect.read(spec);
    }
}
