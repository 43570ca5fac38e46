package io.eventmesh.spi.event;

import java.util.Set;

/**
 * Attribute names that only the mesh itself may put on an event.
 *
 * <p>They are {@code mesh} and whatever begins with it, and the names that tell why an event is a dead letter. An event
 * that brings one is refused at publish.
 */
public final class ReservedAttributes {
    /** What the names of the mesh's own attributes begin with. */
    public static final String PREFIX = "mesh";

    /** The attributes of a dead letter. */
    public static final Set<String> DEAD_LETTER = Set.of(
            "dlreason",
            "dlstage",
            "dlcode",
            "dlmsg",
            "dlattempts",
            "dlexhausted",
            "dlfirsttime",
            "dllasttime",
            "dltopic",
            "dlposition",
            "dlowner",
            "dlepoch");

    /** On a request: what a reply to it must name. */
    public static final String REPLY_TO = "meshreplyto";

    private ReservedAttributes() {}

    public static boolean isReserved(String name) {
        return name.startsWith(PREFIX) || DEAD_LETTER.contains(name);
    }
}
