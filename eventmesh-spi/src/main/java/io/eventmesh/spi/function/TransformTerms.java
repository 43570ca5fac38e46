package io.eventmesh.spi.function;

import io.eventmesh.common.config.Check;
import java.time.Duration;

/**
 * What surrounds a transform.
 *
 * @param name of the rule or connector that it belongs to, for predefined variables
 * @param timeout that one event may take; zero for the kind's own bound
 */
public record TransformTerms(String name, Duration timeout) {
    public TransformTerms {
        Check.notNegative("timeout", timeout);
    }

    /** Without a bound other than the kind's own. */
    public static TransformTerms of(String name) {
        return new TransformTerms(name, Duration.ZERO);
    }
}
