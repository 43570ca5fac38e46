package io.eventmesh.admin.schedule;

/** A question to a runtime. */
public sealed interface Ask {
    /**
     * Would a connector start there?
     *
     * @param kind SOURCE or SINK
     * @param config JSON object for the plugin, secret references unresolved
     * @param topic where a source would publish; the pattern that a sink would subscribe
     * @param probe whether the runtime shall try to connect
     */
    record Connector(String kind, String plugin, String config, String topic, boolean probe) implements Ask {}

    /** Which plugins lie there now? */
    record Rescan() implements Ask {}
}
