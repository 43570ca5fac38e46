package io.eventmesh.connector.http.sink;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;
import io.eventmesh.http.auth.ClientCredentials;

/**
 * How a sink says who it is.
 *
 * @param type the way
 * @param username of {@code basic}
 * @param secret the password, token or key
 * @param header where an API key stands
 * @param tokenUrl where tokens come from
 * @param clientId the client of {@code oauth2}
 * @param clientSecret its secret
 * @param clientAuthentication how the client says who it is when it asks for a token
 * @param scope what the token is for, may be empty
 * @param audience for whom the token is, may be empty
 */
record AuthConfig(
        @Doc("none, basic, bearer (a fixed token), api-key (a header), or oauth2 (client credentials).")
        Type type,

        @Doc("The user of basic.") String username,

        @Doc("The password of basic, the token of bearer, the key of api-key.")
        Secret secret,

        @Doc("The header of api-key.") String header,
        @Doc("Where oauth2 asks for tokens.") String tokenUrl,
        @Doc("The client of oauth2.") String clientId,
        @Doc("The client's secret.") Secret clientSecret,

        @Doc("How the client proves who it is: basic, or body for client_id and client_secret in the form.")
        ClientCredentials.Style clientAuthentication,

        @Doc("The scope to ask for.") String scope,
        @Doc("The audience to ask for.") String audience) {
    /** Ways of saying who one is. */
    enum Type {
        NONE,
        BASIC,
        BEARER,
        API_KEY,
        OAUTH2
    }

    AuthConfig {
        Check.require(
                header.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"), "header", "'" + header + "'", "a header's name");
    }

    /** The client of {@code oauth2}. */
    ClientCredentials client() {
        return new ClientCredentials(tokenUrl, clientId, clientSecret, clientAuthentication, scope, audience);
    }

    static AuthConfig defaults() {
        return new AuthConfig(
                Type.NONE,
                "",
                Secret.none(),
                "X-API-Key",
                "",
                "",
                Secret.none(),
                ClientCredentials.Style.BASIC,
                "",
                "");
    }
}
