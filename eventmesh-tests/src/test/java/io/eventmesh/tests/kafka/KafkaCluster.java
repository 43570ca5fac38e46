package io.eventmesh.tests.kafka;

import io.eventmesh.tests.process.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.awaitility.core.ConditionTimeoutException;

/**
 * One or three KRaft brokers as processes, on loopback unless a plan says otherwise. With three, topics have three
 * replicas of which two must be in sync. Closing it kills what still runs. Used by one thread.
 */
public final class KafkaCluster implements AutoCloseable {
    private static final Duration ELSEWHERE_LIMIT = Duration.ofSeconds(190);
    private static final Duration FORMAT_LIMIT = Duration.ofMinutes(3);

    private final List<KafkaBroker> brokers;
    private final List<String> addresses;
    /** What a command line begins with that is to see the brokers; empty when this process does. */
    private final List<String> look;

    private KafkaCluster(List<KafkaBroker> brokers, List<String> addresses, List<String> look) {
        this.brokers = List.copyOf(brokers);
        this.addresses = List.copyOf(addresses);
        this.look = List.copyOf(look);
    }

    /** So many brokers in a directory of the test, serving. */
    public static KafkaCluster start(Path directory, int brokers) {
        return plan(directory, brokers).start();
    }

    /** Brokers that do not run yet; their addresses are known. */
    public static Plan plan(Path directory, int brokers) {
        return new Plan(directory, brokers);
    }

    /** What brokers are to be like. */
    public static final class Plan {
        private final Path directory;
        private final FreePorts ports = new FreePorts();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<KafkaBroker.Endpoints> endpoints = new ArrayList<>();
        private final List<List<String>> prefixes = new ArrayList<>();
        private final List<String> advertised = new ArrayList<>();

        private Plan(Path directory, int brokers) {
            this.directory = directory;
            for (int i = 0; i < brokers; i++) {
                place(i, "127.0.0.1", List.of());
            }
        }

        /** A broker setting beside, or instead of, the cluster's own. */
        public Plan set(String key, String value) {
            settings.put(key, value);
            return this;
        }

        /**
         * Puts a broker elsewhere.
         *
         * @param broker from 0
         * @param host on which it binds
         * @param command what its command line begins with, such as {@code ip netns exec name}
         */
        public Plan place(int broker, String host, List<String> command) {
            var where = new KafkaBroker.Endpoints(host, ports.next(), ports.next(), ports.next());
            if (broker == endpoints.size()) {
                endpoints.add(where);
                prefixes.add(command);
                advertised.add(host + ":" + where.clients());
            } else {
                endpoints.set(broker, where);
                prefixes.set(broker, command);
                advertised.set(broker, host + ":" + where.clients());
            }
            return this;
        }

        /** How many brokers. */
        public int size() {
            return endpoints.size();
        }

        /** Where a broker listens for clients, {@code host:port}. */
        public String listens(int broker) {
            var where = endpoints.get(broker);
            return where.host() + ":" + where.clients();
        }

        /** What a broker tells clients of its address, such as that of a proxy. */
        public Plan advertise(int broker, String address) {
            advertised.set(broker, address);
            return this;
        }

        /** Formats the directories, starts the brokers and waits until they serve. */
        public KafkaCluster start() {
            List<KafkaBroker> brokers = new ArrayList<>();
            for (int i = 0; i < endpoints.size(); i++) {
                brokers.add(new KafkaBroker(
                        i + 1, directory.resolve("broker-" + (i + 1)), classPath(), prefixes.get(i), endpoints.get(i)));
            }
            KafkaCluster cluster = new KafkaCluster(brokers, advertised, prefixes.get(0));
            try {
                format(brokers);
                brokers.forEach(KafkaBroker::start);
                return cluster.awaitServing();
            } catch (RuntimeException | Error failure) {
                cluster.close();
                throw failure;
            }
        }

        private static String classPath() {
            String file = Objects.requireNonNull(
                    System.getProperty("eventmesh.broker"),
                    "eventmesh.broker: absent (expected: the file that names a broker's class path)");
            try {
                return Files.readString(Path.of(file)).strip();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        private void format(List<KafkaBroker> brokers) {
            String clusterId = clusterId();
            List<Process> formatting = new ArrayList<>();
            try {
                for (KafkaBroker broker : brokers) {
                    formatting.add(broker.format(properties(broker), clusterId));
                }
                for (int i = 0; i < brokers.size(); i++) {
                    Process process = formatting.get(i);
                    if (!process.waitFor(FORMAT_LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                        throw new IllegalStateException("%s cannot be formatted%n%s"
                                .formatted(brokers.get(i), brokers.get(i).log()));
                    }
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(interrupted);
            } finally {
                formatting.forEach(Process::destroyForcibly);
            }
        }

        /** None of Kafka's own begins with a dash, which its tool would take for an option. */
        private static String clusterId() {
            return Uuid.randomUuid().toString();
        }

        private Map<String, String> properties(KafkaBroker broker) {
            int replicas = Math.min(3, endpoints.size());
            int inSync = Math.max(1, replicas - 1);
            var own = broker.endpoints();
            Map<String, String> all = new LinkedHashMap<>();
            all.put("process.roles", "broker,controller");
            all.put("node.id", Integer.toString(broker.id()));
            all.put(
                    "listeners",
                    "CONTROLLER://%1$s:%2$d,PEERS://%1$s:%3$d,CLIENTS://%1$s:%4$d"
                            .formatted(own.host(), own.controller(), own.peers(), own.clients()));
            all.put(
                    "advertised.listeners",
                    "PEERS://%s:%d,CLIENTS://%s".formatted(own.host(), own.peers(), advertised.get(broker.id() - 1)));
            all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PEERS:PLAINTEXT,CLIENTS:PLAINTEXT");
            all.put("controller.listener.names", "CONTROLLER");
            all.put("inter.broker.listener.name", "PEERS");
            all.put("controller.quorum.voters", voters());
            all.put("default.replication.factor", Integer.toString(replicas));
            all.put("min.insync.replicas", Integer.toString(inSync));
            all.put("offsets.topic.replication.factor", Integer.toString(replicas));
            all.put("transaction.state.log.replication.factor", Integer.toString(replicas));
            all.put("transaction.state.log.min.isr", Integer.toString(inSync));
            all.put("auto.create.topics.enable", "false");
            // a broker of a test has a few topics and little memory
            all.put("offsets.topic.num.partitions", "5");
            all.put("transaction.state.log.num.partitions", "5");
            all.put("num.network.threads", "2");
            all.put("num.io.threads", "4");
            all.put("log.cleaner.dedupe.buffer.size", "2097152");
            all.put("group.initial.rebalance.delay.ms", "0");
            all.putAll(settings);
            return all;
        }

        private String voters() {
            List<String> voters = new ArrayList<>();
            for (int i = 0; i < endpoints.size(); i++) {
                voters.add("%d@%s:%d"
                        .formatted(
                                i + 1, endpoints.get(i).host(), endpoints.get(i).controller()));
            }
            return String.join(",", voters);
        }
    }

    /** For {@code storage.kafka.bootstrap} and any client: what the brokers tell clients, with commas. */
    public String bootstrapServers() {
        return String.join(",", addresses);
    }

    public List<KafkaBroker> brokers() {
        return brokers;
    }

    /** @param index from 0 */
    public KafkaBroker broker(int index) {
        return brokers.get(index);
    }

    /**
     * Waits until every broker that runs and is not paused takes part, and every replica on them is in sync: after it the
     * next one may go.
     */
    public KafkaCluster awaitServing() {
        List<KafkaBroker> serving =
                brokers.stream().filter(KafkaBroker::isServing).toList();
        String peers = serving.stream()
                .map(broker ->
                        broker.endpoints().host() + ":" + broker.endpoints().peers())
                .collect(Collectors.joining(","));
        Set<Integer> ids = serving.stream().map(KafkaBroker::id).collect(Collectors.toSet());
        try {
            if (look.isEmpty()) {
                Serving.awaitServing(peers, ids, () -> requireAlive(serving));
            } else {
                awaitServingElsewhere(peers, ids);
            }
        } catch (ConditionTimeoutException late) {
            throw new AssertionError(late.getMessage() + logs(), late);
        }
        return this;
    }

    private void awaitServingElsewhere(String peers, Set<Integer> ids) {
        List<String> command = new ArrayList<>(look);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Serving.class.getName(), peers));
        command.add(ids.stream().map(String::valueOf).collect(Collectors.joining(",")));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                if (!process.waitFor(ELSEWHERE_LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new AssertionError("brokers %s do not serve%s".formatted(ids, logs()));
                }
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static void requireAlive(List<KafkaBroker> serving) {
        for (KafkaBroker broker : serving) {
            if (!broker.isAlive()) {
                throw new AssertionError(broker + " ended\n" + broker.log());
            }
        }
    }

    /** The end of what each broker printed. */
    public String logs() {
        return brokers.stream()
                .map(broker -> "\n--- " + broker + "\n" + broker.log())
                .collect(Collectors.joining());
    }

    @Override
    public void close() {
        brokers.forEach(KafkaBroker::kill);
    }
}
