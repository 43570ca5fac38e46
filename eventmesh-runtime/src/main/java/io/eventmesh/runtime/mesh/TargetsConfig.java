package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.net.AddressRange;
import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.runtime.config.SecretsConfig;
import java.util.List;

/** Section {@code mesh.targets}: whom the mesh calls by itself, and what credentials may refer to. */
public record TargetsConfig(
        @Doc(
                "Ranges of addresses that destinations may have although they are not public, such as 10.0.0.0/8. Loopback is "
                        + "among them as long as security.anonymous is loopback.")
        List<String> allow,

        SecretsConfig secrets) {
    public TargetsConfig {
        allow = List.copyOf(allow);
        for (String range : allow) {
            Check.require(isRange(range), "allow", "'" + range + "'", "ranges such as 10.0.0.0/8 or fd00::/8");
        }
    }

    public static TargetsConfig defaults() {
        return new TargetsConfig(List.of(), SecretsConfig.standard());
    }

    /** @param loopback whether this process serves its own machine alone */
    CallableAddresses addresses(boolean loopback) {
        return new CallableAddresses(
                loopback, allow.stream().map(AddressRange::of).toList());
    }

    private static boolean isRange(String text) {
        try {
            AddressRange.of(text);
            return true;
        } catch (IllegalArgumentException none) {
            return false;
        }
    }
}
