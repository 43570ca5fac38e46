package io.eventmesh.runtime.function;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;

/** The section {@code function}. */
public record FunctionConfig(
        @Doc("Events that a bus pattern may have in judgement at once.")
        int maxInFlight,

        @Doc("Bytes of events that a bus pattern may have in judgement at once.")
        DataSize maxInFlightBytes,

        @Doc("Rules that an event and its ancestors may pass; what passed more goes to the dead letter, since it runs"
                + " in a circle.")
        int maxHops,

        @Doc("Events of a bus pattern whose slow transforms run at once.")
        int slowAtOnce) {

    public FunctionConfig {
        Check.positive("max-in-flight", maxInFlight);
        Check.positive("max-in-flight-bytes", maxInFlightBytes);
        Check.range("max-hops", maxHops, 1, 1000);
        Check.range("slow-at-once", slowAtOnce, 1, 16);
    }

    public static FunctionConfig defaults() {
        return new FunctionConfig(1024, DataSize.ofMebibytes(8), 16, 4);
    }
}
