package io.eventmesh.http.auth;

import io.eventmesh.common.config.Secret;
import java.time.Duration;

/**
 * A token that was granted.
 *
 * @param value for {@code Authorization: Bearer}
 * @param use how long it is used, counted from when it was asked for; it may be good for a little longer
 */
public record AccessToken(Secret value, Duration use) {}
