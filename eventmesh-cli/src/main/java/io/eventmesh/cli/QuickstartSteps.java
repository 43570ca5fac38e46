package io.eventmesh.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/** The steps of the quickstart, in order. */
final class QuickstartSteps {
    private static final long LOOK_NANOS = 50_000_000;

    private QuickstartSteps() {}

    static List<QuickstartStep> all() {
        return List.of(new Publish(), new Receive(), new Rule(), new Connector());
    }

    private static CliException notSeen(QuickstartRun run, String what) {
        return new CliException(
                CliException.FAILED, what + " within " + run.limit().toSeconds() + " s", "");
    }

    private static String data(CloudEvent event) {
        CloudEventData data = event.getData();
        return data == null ? "" : new String(data.toBytes(), StandardCharsets.UTF_8);
    }

    private static String curl(QuickstartRun run, String topic, String json) {
        return "curl -H 'content-type: application/json' -d '%s' %s/v1/topics/%s/events"
                .formatted(json, run.mesh().base(), topic);
    }

    /** An event is stored. */
    private static final class Publish implements QuickstartStep {
        @Override
        public String name() {
            return "publish";
        }

        @Override
        public String attempt(QuickstartRun run) {
            String topic = run.name() + (run.isBroken() ? "//" : "/") + "greetings";
            String id = run.publish(topic, "{\"hello\":\"mesh\"}");
            return "event %s is stored under %s".formatted(id, topic);
        }

        @Override
        public String byHand(QuickstartRun run) {
            return curl(run, "greetings", "{\"hello\":\"mesh\"}");
        }
    }

    /** A subscriber gets what is published. */
    private static final class Receive implements QuickstartStep {
        @Override
        public String name() {
            return "receive";
        }

        @Override
        public String attempt(QuickstartRun run) {
            BlockingQueue<CloudEvent> received = run.listen(run.name() + (run.isBroken() ? "/other" : "/>"));
            String id = run.publish(run.name() + "/greetings", "{\"hello\":\"subscriber\"}");
            CloudEvent event =
                    run.await(received, candidate -> candidate.getId().equals(id));
            if (event == null) {
                throw notSeen(run, "event %s did not reach the subscriber".formatted(id));
            }
            return "the subscriber got event %s with %s".formatted(id, data(event));
        }

        @Override
        public String byHand(QuickstartRun run) {
            return "bin/eventmesh subscribe 'greetings/>'";
        }
    }

    /** A rule filters and transforms. */
    private static final class Rule implements QuickstartStep {
        @Override
        public String name() {
            return "rule";
        }

        @Override
        public String attempt(QuickstartRun run) {
            String orders = run.name() + "/orders";
            String big = run.name() + "/big-orders";
            BlockingQueue<CloudEvent> received = run.listen(big);
            run.create("/api/v1/rules/" + run.name(), rule(orders, big, run.isBroken() ? 1_000_000 : 100));
            run.publish(orders, "{\"order\":1,\"total\":20}");
            run.publish(orders, "{\"order\":2,\"total\":250}");
            CloudEvent event = run.await(received, candidate -> true);
            if (event == null) {
                throw notSeen(run, "no order over 100 came out of the rule");
            }
            if (!data(event).equals("{\"big\":2}")) {
                throw new CliException(
                        CliException.FAILED, "the rule gave %s (expected: {\"big\":2})".formatted(data(event)), "");
            }
            return "of two orders the one over 100 came out, as " + data(event);
        }

        private static ObjectNode rule(String from, String to, int over) {
            ObjectNode spec = Http.MAPPER.createObjectNode();
            spec.putArray("patterns").add(from);
            spec.putObject("filter")
                    .putObject("data")
                    .putArray("total")
                    .addObject()
                    .putArray("numeric")
                    .add(">")
                    .add(over);
            ObjectNode transform = spec.putObject("transform").put("kind", "template");
            ObjectNode template = transform.putObject("spec").put("template", "{\"big\":<order>}");
            template.putObject("paths").put("order", "$.data.order");
            spec.putArray("targets")
                    .addObject()
                    .put("name", "big")
                    .put("kind", "topic")
                    .putObject("spec")
                    .put("topic", to);
            ObjectNode resource = Http.MAPPER.createObjectNode();
            resource.set("spec", spec);
            return resource;
        }

        @Override
        public String byHand(QuickstartRun run) {
            return "curl %s/api/v1/rules".formatted(run.admin().base());
        }
    }

    /** A source task and a sink task move lines from file to file. */
    private static final class Connector implements QuickstartStep {
        @Override
        public String name() {
            return "connector";
        }

        @Override
        public String attempt(QuickstartRun run) {
            Path directory = directory(run);
            Path in = directory.resolve("in.ndjson");
            Path out = directory.resolve("out.ndjson");
            String topic = run.name() + "/lines";
            write(in, "{\"line\":\"one\"}\n{\"line\":\"two\"}\n");
            Path read = run.isBroken() ? directory.resolve("absent.ndjson") : in;
            run.create("/api/v1/connectors/" + run.name() + "-sink", connector("SINK", topic, out, "format", "data"));
            run.create(
                    "/api/v1/connectors/" + run.name() + "-source",
                    connector("SOURCE", topic, read, "format", "ndjson"));
            if (!comes(run, out, 2)) {
                throw notSeen(run, "the sink task wrote no lines");
            }
            return "two tasks moved 2 lines from file to file";
        }

        private static ObjectNode connector(String kind, String topic, Path path, String key, String value) {
            ObjectNode resource = Http.MAPPER.createObjectNode();
            resource.putObject("spec")
                    .put("plugin", "file")
                    .put("kind", kind)
                    .put("topic", topic)
                    .putObject("config")
                    .put("path", path.toString())
                    .put(key, value);
            return resource;
        }

        private static Path directory(QuickstartRun run) {
            try {
                Path directory = Files.createTempDirectory("eventmesh-quickstart");
                run.onClose(() -> {
                    for (String file : List.of("in.ndjson", "out.ndjson", "")) {
                        directory.resolve(file).toFile().delete();
                    }
                });
                return directory;
            } catch (IOException failure) {
                throw new CliException(CliException.ENVIRONMENT, "temporary directory: " + failure.getMessage(), "");
            }
        }

        private static void write(Path file, String text) {
            try {
                Files.writeString(file, text);
            } catch (IOException failure) {
                throw new CliException(CliException.ENVIRONMENT, "temporary file: " + failure.getMessage(), "");
            }
        }

        private static boolean comes(QuickstartRun run, Path file, int lines) {
            long until = System.nanoTime() + run.limit().toNanos();
            while (System.nanoTime() - until < 0) {
                try {
                    if (Files.exists(file) && Files.readAllLines(file).size() >= lines) {
                        return true;
                    }
                } catch (IOException beingWritten) {
                    // looked at again in a moment
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
            return false;
        }

        @Override
        public String byHand(QuickstartRun run) {
            return "curl %s/api/v1/tasks".formatted(run.admin().base());
        }
    }
}
