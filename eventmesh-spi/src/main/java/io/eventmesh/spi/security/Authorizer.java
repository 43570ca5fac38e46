package io.eventmesh.spi.security;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import java.util.Optional;

/**
 * Decides whether a caller may do something; asked for each event, also within a batch.
 *
 * <p>Thread-safe, never blocks. An answer is the reason for a refusal, in words for the caller, or empty when it may.
 */
public interface Authorizer {
    /** May the caller publish to the topic? */
    Optional<String> refusePublish(Principal principal, String namespace, TopicName topic);

    /** May the caller subscribe the pattern under the group? */
    Optional<String> refuseSubscribe(Principal principal, String namespace, TopicPattern pattern, String group);

    /** Lets everybody do everything but what belongs to the cluster's runtimes, which the mesh itself guards. */
    static Authorizer allowAll() {
        return new Authorizer() {
            @Override
            public Optional<String> refusePublish(Principal principal, String namespace, TopicName topic) {
                return Optional.empty();
            }

            @Override
            public Optional<String> refuseSubscribe(
                    Principal principal, String namespace, TopicPattern pattern, String group) {
                return Optional.empty();
            }
        };
    }
}
