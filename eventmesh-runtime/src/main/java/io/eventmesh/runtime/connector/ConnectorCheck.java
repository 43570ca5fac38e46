package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.ValidateConnector;
import java.util.List;

/** Says whether a connector could run here, without running it. Thread-safe. */
interface ConnectorCheck {
    /**
     * Whether the configuration fits the plugin ({@code SCHEMA}), whether the plugin takes it ({@code PLUGIN}), whether
     * its secrets are there ({@code SECRETS}) and, when asked for, whether what it speaks to answers ({@code PROBE}).
     * Problems name their field by a JSON pointer into the configuration and never hold a secret.
     *
     * <p>Never throws, and takes ten seconds at most for all of it; blocks its caller that long.
     *
     * @return the four checks in this order, those that an earlier failure makes pointless as SKIPPED
     */
    List<Check> check(ValidateConnector ask);
}
