package io.eventmesh.runtime.mesh;

import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.spi.target.SecretValues;
import java.util.List;

/**
 * What senders may do outside of the mesh.
 *
 * @param secrets what credentials may refer to
 * @param addresses which may be called
 */
public record Outward(SecretValues secrets, CallableAddresses addresses) {
    /** This machine and public addresses, without any secret. */
    public static Outward local() {
        return new Outward(SecretValues.none(), new CallableAddresses(true, List.of()));
    }
}
