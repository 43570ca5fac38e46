package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;

/** What a failure of plugin code means to the runtime. */
final class ConnectFailures {
    private ConnectFailures() {}

    /**
     * A refused setting is CONNECTOR_CONFIG_INVALID, what may pass is an {@link IOException}, an interrupt stays one, and
     * what else a connector says stands as it is.
     */
    static Exception of(Exception failure) {
        if (failure instanceof ConfigException refused) {
            return new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    HostedProperties.PREFIX + "*: " + refused.getMessage(),
                    refused);
        }
        if (failure instanceof RetriableException
                || failure instanceof org.apache.kafka.common.errors.RetriableException) {
            return new IOException(failure.getMessage(), failure);
        }
        if (failure instanceof org.apache.kafka.common.errors.InterruptException) {
            InterruptedException interrupted = new InterruptedException(failure.getMessage());
            interrupted.initCause(failure);
            return interrupted;
        }
        if (failure instanceof ConnectException && failure.getCause() instanceof InterruptedException interrupted) {
            return interrupted;
        }
        return failure;
    }

    /** Whether the batch or the poll may be tried again as it is. */
    static boolean mayPass(Exception failure) {
        return of(failure) instanceof IOException;
    }
}
