package io.eventmesh.spi.meta;

/** Where things lie in the meta store, relative to the cluster's root. */
public final class MetaPaths {
    /** A registration a runtime, {@code runtimes/<id>}: see {@link RuntimeRegistration}. */
    public static final String RUNTIMES = "runtimes";

    /** The election of the leading admin; its value is {@code host:port} of the admin's gRPC. */
    public static final String ADMIN_LEADER = "admin/leader";

    /** The runtime that owns node-local storage. */
    public static final String STORAGE_OWNER = "storage/owner";

    /** The admin that owns the single-admin database. */
    public static final String DATABASE_OWNER = "admin/database-owner";

    /** The key by which runtimes of the cluster know one another. */
    public static final String CLUSTER_KEY = "keys/cluster";

    /** The newest right of a task, {@code fences/<task>}: {@code term:epoch}. */
    public static final String FENCES = "fences";

    /** The public keys of lease tokens, {@code keys/lease/<term>}: Ed25519 as X.509. */
    public static final String LEASE_KEYS = "keys/lease";

    private MetaPaths() {}
}
