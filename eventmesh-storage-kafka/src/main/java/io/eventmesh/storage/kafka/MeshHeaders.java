package io.eventmesh.storage.kafka;

/**
 * The headers of a Kafka record that are the mesh's own. Numbers are decimal, texts UTF-8; what has its usual value is left
 * out.
 */
final class MeshHeaders {
    /**
     * Says that the mesh wrote the record: the version of this form, then {@code S} for an event in its own bytes, or the
     * {@link BinaryForm}'s description of what headers do not tell by themselves.
     */
    static final String FORM = "mesh_form";

    /** The full topic; without it the one that the stream is named by. Also foreign clients may say it. */
    static final String TOPIC = "mesh_topic";

    static final String HOPS = "mesh_hops";
    static final String TARGET = "mesh_target";
    static final String PRINCIPAL = "mesh_principal";
    static final String TRACEPARENT = "mesh_traceparent";
    static final String NOT_BEFORE = "mesh_notbefore";

    /** Of the form. A record of a newer one cannot be read. */
    static final byte VERSION = '1';

    static final byte STRUCTURED = 'S';

    private MeshHeaders() {}
}
