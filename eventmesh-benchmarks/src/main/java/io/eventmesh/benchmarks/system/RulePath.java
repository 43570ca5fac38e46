package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;
import java.io.IOException;

/**
 * The way of an event by a rule: published to one topic, judged by ten rules of which one takes it, published to the
 * rule's target topic, delivered from there. Beside it the same server delivers from the topic that was published to.
 */
final class RulePath {
    private static final int RULES = 10;
    private static final String IN = "ruled";
    private static final String OUT = "routed/by-rule";

    private final Servers servers;
    private final EventLoopGroup loop;

    RulePath(Servers servers, EventLoopGroup loop) {
        this.servers = servers;
        this.loop = loop;
    }

    void print(int seconds, int rounds) throws Exception {
        // the rule goes on publishing to one topic, which groups of earlier phases must not hold full
        try (ServerProcess server = servers.withRules("storage.memory.stall-after=1s")) {
            makeRules(new AdminDoor(server));
            Trial plain = Trial.ofMesh(server, loop);
            Trial ruled = Trial.byRules(server, loop, IN, OUT);
            plain.warmUp(Setting.BASE);
            ruled.warmUp(Setting.BASE);
            plain.warmUpFurther(Setting.BASE);
            System.out.println("rule path");
            Comparison comparison = Comparison.of(
                    rounds, () -> plain.run(Setting.BASE, seconds), () -> ruled.run(Setting.BASE, seconds));
            System.out.printf(
                    "rule path: %.3f of plain publish and deliver, processor time %.2f of its%n",
                    comparison.ratio(Phase::delivered), comparison.ratio(Phase::cpuMicros));
        }
    }

    /** Ten by the type of the event, of which the last one takes it. */
    private static void makeRules(AdminDoor admin) throws IOException, InterruptedException {
        for (int i = 0; i < RULES; i++) {
            String type = i == RULES - 1 ? SampleEvent.TYPE : "other.type." + i;
            admin.putRule("path-" + i, """
                    {"spec": {"patterns": ["%s/>"], "filter": {"type": ["%s"], "source": [{"prefix": "/"}]},
                              "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "%s"}}]}}""".formatted(IN, type, OUT));
        }
    }
}
