package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * The mesh on Kafka, publishing and delivering over the wire, beside a plain producer and a plain consumer on the same broker:
 * at full speed with each form of records, and the time to delivery at half of that. The processor time of a plain phase is
 * the broker's; what the broker uses for the mesh is printed at the end of each comparison.
 */
final class OnKafka {
    private static final double CALM = 500;

    private final Servers servers;
    private final EventLoopGroup loop;

    OnKafka(Servers servers, EventLoopGroup loop) {
        this.servers = servers;
        this.loop = loop;
    }

    void print(int seconds, int rounds) throws Exception {
        try (KafkaServer broker = KafkaServer.start(servers.directory().resolve("kafka"));
                ServerProcess binary = mesh(broker, "binary");
                ServerProcess structured = mesh(broker, "structured")) {
            PlainKafka plain = new PlainKafka(broker, loop);
            Metered ours = new Metered(broker, Trial.ofMesh(binary, loop));
            Metered other = new Metered(broker, Trial.ofMesh(structured, loop));
            ours.trial().warmUp(Setting.BASE);
            other.trial().warmUp(Setting.BASE);
            plain.run(Setting.BASE, 2 * seconds);
            compare("binary", plain, ours, Setting.BASE, seconds, rounds);
            compare("structured", plain, other, Setting.BASE, seconds, rounds);
            Comparison forms = Comparison.of(
                    rounds, () -> ours.run(Setting.BASE, seconds), () -> other.run(Setting.BASE, seconds));
            System.out.printf(
                    "Kafka, structured of binary: %.3f, processor time of the mesh %.2f%n",
                    forms.ratio(Phase::delivered), forms.ratio(Phase::cpuMicros));
            double full = forms.candidate().delivered();
            for (double rate : new double[] {CALM, full / 2}) {
                latency(plain, ours, Setting.BASE.perSecond(rate), seconds, rounds);
            }
        }
    }

    /** Runs phases and remembers what the broker used for them. */
    private record Metered(KafkaServer broker, Trial trial, List<Double> brokerMicros) {
        Metered(KafkaServer broker, Trial trial) {
            this(broker, trial, new ArrayList<>());
        }

        Phase run(Setting setting, int seconds) throws Exception {
            double before = broker.process().cpuSeconds();
            Phase phase = trial.run(setting, seconds);
            double used = broker.process().cpuSeconds() - before;
            brokerMicros.add(used * 1e6 / Math.max(1, phase.delivered() * seconds));
            return phase;
        }

        double medianMicros() {
            brokerMicros.sort(null);
            return brokerMicros.get(brokerMicros.size() / 2);
        }
    }

    private ServerProcess mesh(KafkaServer broker, String format) throws Exception {
        return servers.mesh(
                "",
                "gRPC",
                "cluster=" + format,
                "storage.type=kafka",
                "storage.kafka.bootstrap-servers=" + broker.bootstrap(),
                "storage.kafka.format=" + format);
    }

    private static void compare(String name, PlainKafka plain, Metered mesh, Setting setting, int seconds, int rounds)
            throws Exception {
        System.out.printf("Kafka, %s records%n", name);
        mesh.brokerMicros().clear();
        Comparison comparison =
                Comparison.of(rounds, () -> plain.run(setting, seconds), () -> mesh.run(setting, seconds));
        System.out.printf(
                "Kafka, %s: %.3f of a plain producer and consumer; processor time an event: mesh %.1f µs, broker for it %.1f µs%n",
                name, comparison.ratio(Phase::delivered), comparison.candidate().cpuMicros(), mesh.medianMicros());
    }

    private static void latency(PlainKafka plain, Metered mesh, Setting setting, int seconds, int rounds)
            throws Exception {
        System.out.printf("Kafka, %,.0f/s%n", setting.perSecond());
        Comparison comparison =
                Comparison.of(rounds, () -> plain.run(setting, seconds), () -> mesh.run(setting, seconds));
        System.out.printf(
                "Kafka, %,.0f/s: time to delivery p50 %.2f, p99 %.2f of plain%n",
                setting.perSecond(),
                comparison.ratio(phase -> phase.deliveries().micros(0.5)),
                comparison.ratio(phase -> phase.deliveries().micros(0.99)));
    }
}
