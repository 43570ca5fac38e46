package io.eventmesh.spi.peer;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.TaskFence;
import org.jspecify.annotations.Nullable;

/**
 * What a member brings to its group at another runtime.
 *
 * @param runtime where the member is attached itself
 * @param client shown to operators
 * @param keepsKeys as {@link io.eventmesh.spi.mesh.Receiver#keepsKeys}
 * @param fence the right of a task, when the member is one
 */
public record RelayTerms(
        String runtime,
        SubscriptionName group,
        String client,
        boolean keepsKeys,
        @Nullable TaskFence fence) {}
