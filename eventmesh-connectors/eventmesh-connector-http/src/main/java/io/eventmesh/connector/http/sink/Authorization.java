package io.eventmesh.connector.http.sink;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.http.auth.ClientCredentials;
import io.vertx.core.MultiMap;

/** Says in each request who sends it. Used by one thread. */
interface Authorization {
    /** Sets the header; may wait for a token. */
    void apply(MultiMap headers) throws InterruptedException;

    /** A destination refused what was applied to the headers: whether a new one may help, which the next request gets. */
    default boolean renew(MultiMap refused) {
        return false;
    }

    static Authorization of(AuthConfig config, HttpCaller caller, MeshClock clock) {
        return switch (config.type()) {
            case NONE -> headers -> {};
            case BASIC -> {
                String value = ClientCredentials.basic(
                        config.username(), config.secret().reveal());
                yield headers -> headers.set("authorization", value);
            }
            case BEARER -> {
                String value = "Bearer " + config.secret().reveal();
                yield headers -> headers.set("authorization", value);
            }
            case API_KEY ->
                headers -> headers.set(config.header(), config.secret().reveal());
            case OAUTH2 -> new OAuth2Tokens(config, caller, clock);
        };
    }
}
