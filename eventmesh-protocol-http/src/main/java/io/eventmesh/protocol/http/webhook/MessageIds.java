package io.eventmesh.protocol.http.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.target.Attempt;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/**
 * Names deliveries for receivers that know one again: the same events to the same target have the same name, at each
 * attempt and by each runtime. An event's id alone would not do, since two sources may use the same. Stateless.
 */
final class MessageIds {
    private static final int BYTES = 18;

    private MessageIds() {}

    static String of(String target, List<Attempt> events) {
        return "msg_"
                + hash(
                        target,
                        events.stream().map(each -> each.record().event()).toList());
    }

    /** The id of what a target makes of an event, the same for each attempt. */
    static String derived(String target, Event cause, int index) {
        return hash(target + "#" + index, List.of(cause));
    }

    private static String hash(String target, List<Event> events) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
        add(digest, target);
        for (Event event : events) {
            add(digest, event.source());
            add(digest, event.id());
        }
        byte[] hash = digest.digest();
        return Base64.getUrlEncoder()
                .encodeToString(ByteBuffer.allocate(BYTES).put(hash, 0, BYTES).array());
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
    }
}
