package io.eventmesh.tests.interop;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.thread.NamedThreads;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.assertj.core.api.Assertions;

/** A process in which the published SDK of Apache EventMesh runs on its own class path, driven by the test. */
final class SdkProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    private static final String DRIVER = "io.eventmesh.tests.interop.driver.SdkDriver";

    private final Process process;
    private final Writer in;
    private final Path errors;
    private final AtomicInteger nextId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();

    private SdkProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    }

    /** @param directory of the test, for the compiled driver and what the process logs */
    static SdkProcess start(Path directory) {
        try {
            String jars = jars(Path.of(property("eventmesh.interop.sdk")));
            Path classes = compiled(Files.createDirectories(directory.resolve("driver")), jars);
            Path errors = Files.createTempFile(directory, "sdk-", ".err");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx128m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                            "-Dlog4j2.loggerContextFactory=org.apache.logging.log4j.simple.SimpleLoggerContextFactory",
                            "-cp",
                            classes + File.pathSeparator + jars,
                            DRIVER)
                    .redirectError(errors.toFile())
                    .start();
            SdkProcess sdk = new SdkProcess(process, errors);
            new NamedThreads("sdk-output").newThread(sdk::read).start();
            return sdk;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String property(String name) {
        return Objects.requireNonNull(System.getProperty(name), name + ": absent (expected: set by the build)");
    }

    private static String jars(Path folder) throws IOException {
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.map(Path::toString).sorted().collect(Collectors.joining(File.pathSeparator));
        }
    }

    private static synchronized Path compiled(Path classes, String jars) {
        Path source = Path.of(property("eventmesh.interop.source"), DRIVER.replace('.', '/') + ".java");
        if (!Files.exists(classes.resolve(DRIVER.replace('.', '/') + ".class"))) {
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            int result = compiler.run(
                    null,
                    null,
                    null,
                    "-nowarn",
                    "-proc:none",
                    "-cp",
                    jars,
                    "-d",
                    classes.toString(),
                    source.toString());
            Assertions.assertThat(result).as("the driver compiles").isZero();
        }
        return classes;
    }

    /** A new command, to be completed and sent by {@link Command#send}. */
    Command command(String what, String name) {
        ObjectNode command = JSON.createObjectNode();
        command.put("do", what);
        command.put("name", name);
        return new Command(command);
    }

    void producer(String name, int port) {
        command("producer", name).with("port", port).with("group", "producers").send();
    }

    /** A consumer whose listener takes EventMeshMessages. */
    void consumer(String name, int port, String group) {
        command("consumer", name).with("port", port).with("group", group).send();
    }

    /** A consumer whose listener takes CloudEvents. */
    void cloudEventConsumer(String name, int port, String group) {
        command("consumer", name)
                .with("port", port)
                .with("group", group)
                .with("listener", "cloudevent")
                .send();
    }

    /** Subscribes by the consumer's stream; the SDK does not wait for the answer. */
    void subscribe(String consumer, String mode, String... topics) {
        command("subscribe", consumer).with("topics", topics).with("mode", mode).send();
    }

    JsonNode subscribeWebhook(String consumer, String mode, String url, String... topics) {
        return command("subscribe", consumer)
                .with("topics", topics)
                .with("mode", mode)
                .with("url", url)
                .send();
    }

    JsonNode publish(String producer, String topic, String content) {
        return command("publish", producer)
                .with("topic", topic)
                .with("content", content)
                .send();
    }

    /** What the consumer's listener was handed so far. */
    List<JsonNode> events(String consumer) {
        return events.stream()
                .filter(line -> line.path("consumer").asText().equals(consumer))
                .map(line -> line.path("event"))
                .toList();
    }

    /** The contents that the consumer's listener was handed so far. */
    List<String> contents(String consumer) {
        return events(consumer).stream()
                .map(event -> event.path("content").asText())
                .toList();
    }

    List<String> awaitContents(String consumer, int count) {
        await(consumer + " has " + count + " events")
                .atMost(Duration.ofSeconds(30))
                .until(() -> contents(consumer), contents -> contents.size() >= count);
        return contents(consumer);
    }

    /** What the SDK logged. */
    String log() {
        try {
            return Files.readString(errors);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        kill();
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the SDK's process outlives SIGKILL");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                JsonNode told = JSON.readTree(line);
                if (told.has("consumer")) {
                    events.add(told);
                } else {
                    CompletableFuture<JsonNode> call =
                            calls.remove(told.path("id").asInt());
                    if (call != null) {
                        call.complete(told);
                    }
                }
            }
        } catch (IOException ended) {
            // the process is gone
        }
        calls.values()
                .forEach(call -> call.completeExceptionally(new IllegalStateException("the SDK's process ended")));
    }

    /** One command of the driver. */
    final class Command {
        private final ObjectNode command;

        private Command(ObjectNode command) {
            this.command = command;
        }

        Command with(String field, Object value) {
            command.set(field, JSON.valueToTree(value));
            return this;
        }

        CompletableFuture<JsonNode> begin() {
            int id = nextId.incrementAndGet();
            command.put("id", id);
            CompletableFuture<JsonNode> call = new CompletableFuture<>();
            calls.put(id, call);
            synchronized (in) {
                try {
                    in.write(command + "\n");
                    in.flush();
                } catch (IOException failure) {
                    throw new UncheckedIOException(log(), failure);
                }
            }
            return call;
        }

        /** Answers the result, which is null where the SDK says null. */
        JsonNode send() {
            try {
                JsonNode answer = begin().get(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS);
                Assertions.assertThat(answer.has("error"))
                        .as("%s: %s%n%s", command, answer, log())
                        .isFalse();
                return answer.path("result");
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(interrupted);
            } catch (ExecutionException | TimeoutException failure) {
                throw new AssertionError("%s: %s%n%s".formatted(command, failure, log()), failure);
            }
        }
    }
}
