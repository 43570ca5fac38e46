package io.eventmesh.tests.interop.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.eventmesh.client.grpc.config.EventMeshGrpcClientConfig;
import org.apache.eventmesh.client.grpc.consumer.EventMeshGrpcConsumer;
import org.apache.eventmesh.client.grpc.consumer.ReceiveMsgHook;
import org.apache.eventmesh.client.grpc.producer.EventMeshGrpcProducer;
import org.apache.eventmesh.common.EventMeshMessage;
import org.apache.eventmesh.common.enums.EventMeshProtocolType;
import org.apache.eventmesh.common.protocol.SubscriptionItem;
import org.apache.eventmesh.common.protocol.SubscriptionMode;
import org.apache.eventmesh.common.protocol.SubscriptionType;
import org.apache.eventmesh.common.protocol.grpc.common.Response;

/**
 * Drives the published EventMesh SDK by lines of JSON: a command a line on standard input, an answer with the command's
 * id or a received event a line on standard output. Each command has a thread of its own, since the SDK's calls block.
 */
public final class SdkDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final Map<String, EventMeshGrpcProducer> producers = new ConcurrentHashMap<>();
    private final Map<String, EventMeshGrpcConsumer> consumers = new ConcurrentHashMap<>();

    private SdkDriver(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        PrintStream out = System.out;
        // whatever the SDK prints must not stand between the answers
        System.setOut(System.err);
        SdkDriver driver = new SdkDriver(out);
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode command = JSON.readTree(line);
            threads.execute(() -> driver.run(command));
        }
        System.exit(0);
    }

    private void run(JsonNode command) {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("id", command.path("id").asInt());
        try {
            answer.set("result", JSON.valueToTree(execute(command)));
        } catch (Exception failure) {
            answer.put("error", String.valueOf(failure));
        }
        print(answer);
    }

    private synchronized void print(JsonNode line) {
        out.println(line);
        out.flush();
    }

    private Object execute(JsonNode command) throws Exception {
        String name = command.path("name").asText();
        switch (command.path("do").asText()) {
            case "producer":
                producers.put(name, new EventMeshGrpcProducer(config(command)));
                return "made";
            case "publish":
                return publish(producers.get(name), command);
            case "batch":
                return batch(producers.get(name), command);
            case "request":
                return request(producers.get(name), command);
            case "consumer":
                return consumer(name, command);
            case "subscribe":
                return subscribe(consumers.get(name), command);
            case "unsubscribe":
                return unsubscribe(consumers.get(name), command);
            case "close":
                consumers.remove(name).close();
                return "closed";
            default:
                throw new IllegalArgumentException("command: " + command);
        }
    }

    private static EventMeshGrpcClientConfig config(JsonNode command) {
        String group = command.path("group").asText("g");
        return EventMeshGrpcClientConfig.builder()
                .serverAddr("127.0.0.1")
                .serverPort(command.path("port").asInt())
                .env("env")
                .idc("default")
                .sys(command.path("sys").asText("1234"))
                .userName("canary-user")
                .password("canary-secret")
                .producerGroup(group)
                .consumerGroup(group)
                .build();
    }

    private static Object publish(EventMeshGrpcProducer producer, JsonNode command) {
        Response response = isCloudEvent(command)
                ? producer.publish(cloudEvent(command))
                : producer.publish(message(command));
        return answer(response);
    }

    private static Object batch(EventMeshGrpcProducer producer, JsonNode command) {
        if (isCloudEvent(command)) {
            List<CloudEvent> events = new ArrayList<>();
            command.path("items").forEach(item -> events.add(cloudEvent(item)));
            return answer(producer.publish(events));
        }
        List<EventMeshMessage> messages = new ArrayList<>();
        command.path("items").forEach(item -> messages.add(message(item)));
        return answer(producer.publish(messages));
    }

    private static Object request(EventMeshGrpcProducer producer, JsonNode command) {
        long timeout = command.path("timeout").asLong(5000);
        return isCloudEvent(command)
                ? shown(producer.requestReply(cloudEvent(command), timeout))
                : shown(producer.requestReply(message(command), timeout));
    }

    private static boolean isCloudEvent(JsonNode command) {
        return command.path("kind").asText().equals("cloudevent");
    }

    private static EventMeshMessage message(JsonNode command) {
        EventMeshMessage message = EventMeshMessage.builder()
                .topic(command.path("topic").asText(null))
                .content(command.path("content").asText())
                .uniqueId(command.path("uniqueId").asText("0123456789"))
                .bizSeqNo(command.path("bizSeqNo").asText("9876543210"))
                .build();
        command.path("props").fields().forEachRemaining(each -> message.addProp(
                each.getKey(), each.getValue().asText()));
        return message;
    }

    private static CloudEvent cloudEvent(JsonNode command) {
        CloudEventBuilder builder = CloudEventBuilder.v1()
                .withId(command.path("eventId").asText("e1"))
                .withSource(URI.create("/driver"))
                .withType("driven")
                .withSubject(command.path("topic").asText(null));
        String type = command.path("contentType").asText("text/plain");
        if (command.has("base64")) {
            builder.withData(type, Base64.getDecoder().decode(command.path("base64").asText()));
        } else {
            builder.withData(type, command.path("content").asText().getBytes(StandardCharsets.UTF_8));
        }
        command.path("props").fields().forEachRemaining(each -> builder.withExtension(
                each.getKey(), each.getValue().asText()));
        return builder.build();
    }

    private Object consumer(String name, JsonNode command) {
        EventMeshGrpcConsumer consumer = new EventMeshGrpcConsumer(config(command));
        consumer.init();
        String reply = command.path("reply").asText(null);
        boolean fails = command.path("fails").asBoolean();
        if (command.path("listener").asText().equals("cloudevent")) {
            consumer.registerListener(new Listener<CloudEvent>(name, EventMeshProtocolType.CLOUD_EVENTS, fails) {
                @Override
                Optional<CloudEvent> answer(CloudEvent event) {
                    return Optional.ofNullable(reply).map(prefix -> CloudEventBuilder.v1(event)
                            .withId("reply-" + event.getId())
                            .withData("text/plain", (prefix + text(event)).getBytes(StandardCharsets.UTF_8))
                            .build());
                }
            });
        } else {
            consumer.registerListener(
                    new Listener<EventMeshMessage>(name, EventMeshProtocolType.EVENT_MESH_MESSAGE, fails) {
                        @Override
                        Optional<EventMeshMessage> answer(EventMeshMessage message) {
                            return Optional.ofNullable(reply).map(prefix -> EventMeshMessage.builder()
                                    .topic(message.getTopic())
                                    .content(prefix + message.getContent())
                                    .build()
                                    .addProp("answered", "yes"));
                        }
                    });
        }
        consumers.put(name, consumer);
        return "made";
    }

    private abstract class Listener<T> implements ReceiveMsgHook<T> {
        private final String name;
        private final EventMeshProtocolType type;
        private final boolean fails;

        Listener(String name, EventMeshProtocolType type, boolean fails) {
            this.name = name;
            this.type = type;
            this.fails = fails;
        }

        abstract Optional<T> answer(T event);

        @Override
        public Optional<T> handle(T event) {
            ObjectNode line = JSON.createObjectNode();
            line.put("consumer", name);
            line.set("event", JSON.valueToTree(shown(event)));
            print(line);
            if (fails) {
                throw new IllegalStateException("as told");
            }
            return event == null ? Optional.empty() : answer(event);
        }

        @Override
        public EventMeshProtocolType getProtocolType() {
            return type;
        }
    }

    private static Object subscribe(EventMeshGrpcConsumer consumer, JsonNode command) {
        if (command.hasNonNull("url")) {
            return answer(consumer.subscribe(items(command), command.path("url").asText()));
        }
        consumer.subscribe(items(command));
        return "sent";
    }

    private static Object unsubscribe(EventMeshGrpcConsumer consumer, JsonNode command) {
        return answer(
                command.hasNonNull("url")
                        ? consumer.unsubscribe(items(command), command.path("url").asText())
                        : consumer.unsubscribe(items(command)));
    }

    private static List<SubscriptionItem> items(JsonNode command) {
        List<SubscriptionItem> items = new ArrayList<>();
        SubscriptionMode mode = SubscriptionMode.valueOf(command.path("mode").asText("CLUSTERING"));
        SubscriptionType type = SubscriptionType.valueOf(command.path("type").asText("ASYNC"));
        command.path("topics").forEach(topic -> items.add(new SubscriptionItem(topic.asText(), mode, type)));
        return items;
    }

    private static Object answer(Response response) {
        if (response == null) {
            return null;
        }
        Map<String, String> shown = new LinkedHashMap<>();
        shown.put("code", response.getRespCode());
        shown.put("message", response.getRespMsg());
        shown.put("time", response.getRespTime());
        return shown;
    }

    private static Map<String, Object> shown(Object event) {
        if (event instanceof EventMeshMessage) {
            EventMeshMessage message = (EventMeshMessage) event;
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("topic", message.getTopic());
            shown.put("content", message.getContent());
            shown.put("uniqueId", message.getUniqueId());
            shown.put("bizSeqNo", message.getBizSeqNo());
            shown.put("props", message.getProp());
            return shown;
        }
        if (event instanceof CloudEvent) {
            CloudEvent cloudEvent = (CloudEvent) event;
            Map<String, Object> shown = new LinkedHashMap<>();
            Map<String, String> props = new LinkedHashMap<>();
            cloudEvent.getExtensionNames().forEach(each -> props.put(each, String.valueOf(cloudEvent.getExtension(each))));
            shown.put("topic", cloudEvent.getSubject());
            shown.put("content", text(cloudEvent));
            shown.put("eventId", cloudEvent.getId());
            shown.put("contentType", cloudEvent.getDataContentType());
            shown.put("props", props);
            return shown;
        }
        return null;
    }

    private static String text(CloudEvent event) {
        return event.getData() == null ? "" : new String(event.getData().toBytes(), StandardCharsets.UTF_8);
    }
}
