package io.eventmesh.spi.event;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;

/** Random events that a publisher may send: every attribute type, every form of data, text of every length. */
final class RandomEvents {
    private static final List<String> TEXTS =
            List.of("", "x", "a b", "a=1;b=\"2\"", "grüße", "日本語", "🎉 party", "line\nbreak", "0123456789".repeat(20));
    private static final List<String> CONTENT_TYPES =
            List.of("text/plain", "application/json; charset=utf-8", "application/octet-stream", "image/svg+xml", "x");
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final SplittableRandom random;

    RandomEvents(long seed) {
        this.random = new SplittableRandom(seed);
    }

    Event next() {
        EventBuilder builder = Event.builder()
                .id("id" + text())
                .source(oneOf(List.of("/a", "https://example.org/b?c=d", "urn:x:y", "grüße")))
                .type("type" + text());
        if (random.nextBoolean()) {
            builder.subject("subject" + text());
        }
        if (random.nextBoolean()) {
            builder.time(instant());
        }
        if (random.nextBoolean()) {
            builder.dataContentType(oneOf(CONTENT_TYPES));
        }
        if (random.nextBoolean()) {
            builder.dataSchema("https://example.org/schema" + random.nextInt(10));
        }
        if (random.nextBoolean()) {
            builder.attribute("partitionkey", "key" + text());
        }
        for (int i = random.nextInt(8); i > 0; i--) {
            extension(builder, "extension" + random.nextInt(10));
        }
        data(builder);
        return builder.build();
    }

    private void extension(EventBuilder builder, String name) {
        switch (random.nextInt(7)) {
            case 0 -> builder.attribute(name, random.nextBoolean());
            case 1 -> builder.attribute(name, random.nextInt(-1000, 1000) * random.nextInt(2_000_000));
            case 2 -> builder.attribute(name, text());
            case 3 -> builder.attribute(name, bytes());
            case 4 -> builder.uri(name, "https://example.org/" + random.nextInt(100));
            case 5 -> builder.uriRef(name, "../relative/" + random.nextInt(100));
            default -> builder.timestamp(name, instant());
        }
    }

    private void data(EventBuilder builder) {
        switch (random.nextInt(4)) {
            case 0 -> builder.data(random.nextBoolean() ? bytes() : Utf8.encode("data", text()));
            case 1 -> builder.text(text());
            case 2 ->
                builder.protoData(Any.newBuilder()
                        .setTypeUrl("type.example.org/" + text())
                        .setValue(ByteString.copyFrom(bytes()))
                        .build());
            default -> {}
        }
    }

    private Instant instant() {
        long second = random.nextLong(EARLIEST.getEpochSecond(), LATEST.getEpochSecond() + 1);
        return Instant.ofEpochSecond(second, random.nextBoolean() ? 0 : random.nextInt(1_000_000_000));
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }

    private String text() {
        return oneOf(TEXTS);
    }

    private String oneOf(List<String> some) {
        return some.get(random.nextInt(some.size()));
    }
}
