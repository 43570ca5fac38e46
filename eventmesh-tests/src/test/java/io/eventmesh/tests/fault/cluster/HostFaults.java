package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.fault.net.Namespaces;
import io.eventmesh.tests.fault.net.Skipped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** The faults between the hosts of one scene. */
final class HostFaults {
    private final ClusterScene scene;
    private final Random random;

    HostFaults(ClusterScene scene, Random random) {
        this.scene = scene;
        this.random = random;
    }

    private Duration lasts() {
        return Duration.ofMillis(1_000 + random.nextInt(4_000));
    }

    private Fault fault(String name, Consumer<Namespaces> strike) {
        return new Fault(
                name,
                lasts(),
                () -> strike.accept(scene.hosts()),
                () -> scene.hosts().heal());
    }

    /** Neither hears anything of the other. */
    Fault cut(String one, String other) {
        return fault("cut between %s and %s".formatted(one, other), hosts -> hosts.cut(one, other));
    }

    /** The other hears nothing of the one. */
    Fault drop(String one, String other) {
        return fault("cut from %s to %s".formatted(one, other), hosts -> hosts.drop(one, other));
    }

    /** Everything that can happen between two hosts, once; what this machine was said not to be able to is left out. */
    List<Fault> between(String one, String other) {
        String what = " between %s and %s".formatted(one, other);
        List<Fault> faults = new ArrayList<>();
        faults.add(cut(one, other));
        faults.add(drop(one, other));
        faults.add(drop(other, one));
        faults.add(fault("reset" + what, hosts -> hosts.reject(one, other)));
        faults.add(fault("loss of a fifth" + what, hosts -> {
            hosts.lose(one, other, 20);
            hosts.lose(other, one, 20);
        }));
        faults.add(fault(other + " unplugged", hosts -> hosts.unplug(other)));
        if (!Skipped.isSkipped("tbf")) {
            faults.add(fault(other + " behind a narrow line", hosts -> hosts.narrow(other, 4_000)));
        }
        if (!Skipped.isSkipped("netem")) {
            faults.add(fault(other + " far away", hosts -> hosts.delay(other, 50, 50)));
        }
        return faults;
    }
}
