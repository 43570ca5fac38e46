package io.eventmesh.testkit.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.event.Event;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The plugins {@code bad}, a source and a sink, which misbehave where their configuration says. */
public final class BadPlugins {
    private BadPlugins() {}

    /**
     * What happens in which call.
     *
     * @param open in {@code open}
     * @param work in {@code poll} or {@code put}
     * @param close in {@code close}
     * @param validate in {@code validate}
     * @param probe in {@code probe}
     * @param records how many good records a source gives, or a sink takes, before it misbehaves
     */
    public record Config(
            BadBehaviour open,
            BadBehaviour work,
            BadBehaviour close,
            BadBehaviour validate,
            BadBehaviour probe,
            int records) {
        /** One that does as it should. */
        public static Config good() {
            return new Config(
                    BadBehaviour.NONE, BadBehaviour.NONE, BadBehaviour.NONE, BadBehaviour.NONE, BadBehaviour.NONE, 0);
        }

        private void act(BadBehaviour behaviour) {
            try {
                behaviour.act();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private abstract static class Provider implements ConnectorProvider<Config> {
        @Override
        public final String name() {
            return "bad";
        }

        @Override
        public final Class<Config> configType() {
            return Config.class;
        }

        @Override
        public final Config defaults() {
            return Config.good();
        }

        @Override
        public final List<String> validate(Config config) {
            config.act(config.validate());
            return List.of();
        }

        @Override
        public final List<String> probe(Config config) throws InterruptedException {
            config.probe().act();
            return List.of();
        }
    }

    /** The source plugin {@code bad}. */
    public static final class Source extends Provider implements SourceConnectorProvider<Config> {
        @Override
        public SourceConnector create(Config config, TaskContext context) {
            return new BadSource(config);
        }
    }

    /** The sink plugin {@code bad}. */
    public static final class Sink extends Provider implements SinkConnectorProvider<Config> {
        @Override
        public SinkConnector create(Config config, TaskContext context) {
            return new BadSink(config);
        }
    }

    private static final class BadSource implements SourceConnector {
        private final Config config;
        private final CountDownLatch closed = new CountDownLatch(1);
        private int given;

        private BadSource(Config config) {
            this.config = config;
        }

        @Override
        public void open(Map<String, byte[]> positions) throws InterruptedException {
            config.open().act();
            given = Integer.parseInt(new String(positions.getOrDefault("p", "0".getBytes(UTF_8)), UTF_8));
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            if (given < config.records()) {
                given++;
                return List.of(new SourceRecord(
                        "p",
                        Integer.toString(given).getBytes(UTF_8),
                        Event.builder().type("bad").text("record " + given)));
            }
            config.work().act();
            closed.await(50, TimeUnit.MILLISECONDS);
            return List.of();
        }

        @Override
        public void close() {
            closed.countDown();
            config.act(config.close());
        }
    }

    private static final class BadSink implements SinkConnector {
        private final Config config;
        private int taken;

        private BadSink(Config config) {
            this.config = config;
        }

        @Override
        public void open() throws InterruptedException {
            config.open().act();
        }

        @Override
        public void put(List<SinkRecord> batch) throws InterruptedException {
            if (taken >= config.records()) {
                config.work().act();
            }
            taken += batch.size();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            config.act(config.close());
        }
    }
}
