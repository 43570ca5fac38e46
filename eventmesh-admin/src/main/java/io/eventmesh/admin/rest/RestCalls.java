package io.eventmesh.admin.rest;

/** The calls of one resource. */
interface RestCalls {
    /** Names them. */
    void routes(Routes routes);
}
