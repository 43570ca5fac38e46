package io.eventmesh.connector.http.sink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.http.sink.BatchConfig.Form;
import io.eventmesh.connector.http.sink.HttpSinkConfig.Format;
import io.eventmesh.http.EventHeaders;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;

/** Makes requests of records, one for each or one for several. On the task's thread. */
final class Rendering {
    private static final ObjectMapper STRICT =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Set<String> OWN_HEADERS = Set.of(
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "upgrade",
            "te",
            "expect",
            "authorization",
            "idempotency-key");
    private static final int MAX_URL = 8_192;

    /** A record on its way into a request. */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    private record Item(SinkRecord record, String url, Map<String, String> headers, byte[] bytes) {}

    private final HttpSinkConfig config;
    private final Template url;
    private final Map<String, Template> headers = new LinkedHashMap<>();
    private final Template body;

    /** @throws IllegalArgumentException {@code key: problem} for a template that could never be filled */
    Rendering(HttpSinkConfig config) {
        this.config = config;
        this.url = template("url", Template.Kind.URL, Objects.requireNonNullElse(config.url(), ""));
        requireUrl();
        config.headers().forEach((name, text) -> headers.put(name, header(name, text)));
        Template.Kind kind = EventJson.isJson(config.contentType()) ? Template.Kind.JSON : Template.Kind.TEXT;
        this.body = template("body", kind, Objects.requireNonNullElse(config.body(), ""));
        requireBody(kind);
    }

    private static Template template(String key, Template.Kind kind, String text) {
        try {
            return Template.of(key, kind, text);
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException(key + ": " + unfit.getMessage(), unfit);
        }
    }

    /** No value of an event may decide with whom we speak. */
    private void requireUrl() {
        String sound = url.example();
        try {
            URI uri = new URI(sound);
            boolean fits = uri.getScheme() != null
                    && Set.of("http", "https").contains(uri.getScheme().toLowerCase(Locale.ROOT))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getFragment() == null
                    && (url.isFixed() || url.head().matches("[a-zA-Z]+://[^/?#]+[/?].*"));
            if (fits) {
                return;
            }
        } catch (URISyntaxException notAUri) {
            // said below
        }
        throw new IllegalArgumentException(
                "url: not as expected (expected: http or https with a host, without user and fragment; <$.path> in path and"
                        + " query only)");
    }

    private static Template header(String name, String text) {
        String key = "headers." + name;
        String lower = name.toLowerCase(Locale.ROOT);
        if (!name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
                || OWN_HEADERS.contains(lower)
                || lower.startsWith("ce-")) {
            throw new IllegalArgumentException(
                    key + ": not allowed (expected: a header that the sink does not set itself)");
        }
        Template template = template(key, Template.Kind.HEADER, text);
        if (!template.example().chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException(key + ": not as expected (expected: printable characters of ASCII)");
        }
        return template;
    }

    private void requireBody(Template.Kind kind) {
        if (config.format() != Format.TEMPLATE) {
            if (config.body() != null) {
                throw new IllegalArgumentException("body: given (expected: none unless format is template)");
            }
            return;
        }
        if (config.body() == null) {
            throw new IllegalArgumentException("body: missing (expected: a template, since format is template)");
        }
        if (kind == Template.Kind.JSON) {
            try {
                STRICT.readTree(body.example());
            } catch (JsonProcessingException notJson) {
                throw new IllegalArgumentException(
                        "body: not JSON when filled (expected: JSON, since content-type is %s)"
                                .formatted(config.contentType()));
            }
        } else if (config.batch().max() > 1) {
            throw new IllegalArgumentException("batch.max: %d (expected: 1, or a content-type that is JSON)"
                    .formatted(config.batch().max()));
        }
    }

    /** The requests of records in their order; those that cannot be sent are told instead. */
    List<Call> calls(List<SinkRecord> records, BiConsumer<SinkRecord, EventMeshException> unfit) {
        List<Call> calls = new ArrayList<>();
        List<Item> together = new ArrayList<>();
        long bytes = 0;
        for (SinkRecord record : records) {
            Item item;
            try {
                if (config.batch().max() == 1) {
                    calls.add(single(record));
                    continue;
                }
                item = item(record);
            } catch (EventMeshException refused) {
                unfit.accept(record, refused);
                continue;
            }
            boolean fits = together.isEmpty()
                    || (together.size() < config.batch().max()
                            && bytes + item.bytes().length + 1
                                    <= config.batch().bytes().bytes()
                            && together.get(0).url().equals(item.url())
                            && together.get(0).headers().equals(item.headers()));
            if (!fits) {
                calls.add(joined(together));
                together.clear();
                bytes = 0;
            }
            together.add(item);
            bytes += item.bytes().length + 1;
        }
        if (!together.isEmpty()) {
            calls.add(joined(together));
        }
        return calls;
    }

    private Call single(SinkRecord record) {
        Event event = record.event();
        EventView view = new EventView(record);
        MultiMap out = MultiMap.caseInsensitiveMultiMap();
        Buffer content = switch (config.format()) {
            case BINARY -> {
                EventHeaders.of(event, out::set);
                yield Buffer.buffer(event.data());
            }
            case STRUCTURED -> {
                out.set("content-type", EventJson.STRUCTURED + "; charset=utf-8");
                yield Buffer.buffer(view.json());
            }
            case DATA -> {
                String type = event.dataContentType();
                out.set("content-type", type == null ? "application/octet-stream" : type);
                yield Buffer.buffer(event.data());
            }
            case TEMPLATE -> {
                out.set("content-type", config.contentType());
                yield Buffer.buffer(body.fill(view));
            }
        };
        requirePrintable(out);
        filled(view).forEach(out::set);
        out.set("idempotency-key", key(List.of(record)));
        return new Call(filledUrl(view), out, content, List.of(record));
    }

    private Item item(SinkRecord record) {
        EventView view = new EventView(record);
        byte[] bytes;
        if (config.batch().form() == Form.CLOUDEVENTS) {
            bytes = view.json();
        } else if (config.format() == Format.TEMPLATE) {
            bytes = (config.batch().form() == Form.NDJSON ? oneLine(body.fill(view)) : body.fill(view)).getBytes(UTF_8);
        } else if (config.format() == Format.STRUCTURED) {
            bytes = view.json();
        } else {
            String data = view.dataJson();
            if (data == null) {
                throw new EventMeshException(
                        ErrorCode.EVENT_INVALID, "data: bytes that are no text (expected: JSON or text in a batch)");
            }
            bytes = data.getBytes(UTF_8);
        }
        return new Item(record, filledUrl(view), filled(view), bytes);
    }

    private Call joined(List<Item> items) {
        MultiMap out = MultiMap.caseInsensitiveMultiMap();
        Form form = config.batch().form();
        out.set(
                "content-type",
                switch (form) {
                    case CLOUDEVENTS -> EventJson.BATCH + "; charset=utf-8";
                    case JSON_ARRAY -> "application/json";
                    case NDJSON -> "application/x-ndjson";
                });
        items.get(0).headers().forEach(out::set);
        List<SinkRecord> records = items.stream().map(Item::record).toList();
        out.set("idempotency-key", key(records));
        Buffer content;
        if (form == Form.NDJSON) {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            for (Item item : items) {
                lines.writeBytes(item.bytes());
                lines.write('\n');
            }
            content = Buffer.buffer(lines.toByteArray());
        } else {
            content = Buffer.buffer(
                    EventJson.batch(items.stream().map(Item::bytes).toList()));
        }
        return new Call(items.get(0).url(), out, content, records);
    }

    private static String oneLine(String json) {
        if (json.indexOf('\n') < 0 && json.indexOf('\r') < 0) {
            return json;
        }
        try {
            return STRICT.readTree(json).toString();
        } catch (JsonProcessingException notJson) {
            throw new EventMeshException(ErrorCode.EVENT_INVALID, "body: not JSON when filled", notJson);
        }
    }

    private String filledUrl(EventView view) {
        String filled = url.fill(view);
        if (filled.length() > MAX_URL) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "url: %d characters when filled (expected: at most %d)".formatted(filled.length(), MAX_URL));
        }
        return filled;
    }

    private Map<String, String> filled(EventView view) {
        Map<String, String> filled = new LinkedHashMap<>();
        headers.forEach((name, template) -> filled.put(name, template.fill(view)));
        return filled;
    }

    private static void requirePrintable(MultiMap headers) {
        for (Map.Entry<String, String> header : headers) {
            if (!header.getValue().chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
                throw new EventMeshException(
                        ErrorCode.EVENT_INVALID,
                        "attribute %s: no header's value (expected: printable characters of ASCII)"
                                .formatted(header.getKey()));
            }
        }
    }

    /** The same for the same events, however often they are sent. */
    private static String key(List<SinkRecord> records) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (SinkRecord record : records) {
                sha256.update(record.event().source().getBytes(UTF_8));
                sha256.update((byte) 0);
                sha256.update(record.event().id().getBytes(UTF_8));
                sha256.update((byte) 0);
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
