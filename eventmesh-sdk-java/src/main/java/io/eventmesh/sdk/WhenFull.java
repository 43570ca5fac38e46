package io.eventmesh.sdk;

/** What a publish meets that finds too much in flight. */
public enum WhenFull {
    /** It fails with OVERLOADED at once. */
    FAIL,
    /**
     * The calling thread waits for room, at most as long as a publish may take, then it fails with OVERLOADED. On a
     * thread of the client itself, which must not wait, it fails at once.
     */
    BLOCK,
    /** The oldest publishes give way: they fail with OVERLOADED, and may or may not be stored. */
    DROP_OLDEST
}
