package io.eventmesh.common.topic;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What an event is about: 1 to 16 levels of {@code [A-Za-z0-9._~%-]{1,64}} with slashes between, at most 255 bytes,
 * case-sensitive, such as {@code orders/eu/created}.
 *
 * <p>Immutable. A name whose first level begins with {@code _} belongs to the mesh; {@link #isReserved()} says so,
 * who may use it is decided elsewhere.
 */
public final class TopicName implements Comparable<TopicName> {
    static final int MAX_LEVELS = 16;
    static final int MAX_LEVEL_LENGTH = 64;
    static final int MAX_LENGTH = 255;

    /**
     * Names that were made lately, by their hash: events of one topic share its name instead of keeping one each. Of fixed
     * size; a name that loses its place is made again.
     */
    private static final AtomicReferenceArray<@Nullable TopicName> RECENT = new AtomicReferenceArray<>(1 << 12);

    private final String value;
    private final byte[] ascii;

    private TopicName(String value) {
        this.value = value;
        this.ascii = value.getBytes(US_ASCII);
    }

    /** @throws EventMeshException REQUEST_INVALID when the text is not a topic */
    public static TopicName of(String value) {
        int hash = value.hashCode();
        int place = (hash ^ hash >>> 16) & (RECENT.length() - 1);
        TopicName recent = RECENT.getAcquire(place);
        if (recent != null && recent.value.equals(value)) {
            return recent;
        }
        TopicName made = make(value);
        RECENT.setRelease(place, made);
        return made;
    }

    private static TopicName make(String value) {
        String problem = problem(value);
        if (problem != null) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "topic: '%s' (expected: %s)".formatted(Names.shown(value), problem));
        }
        return new TopicName(value);
    }

    public String value() {
        return value;
    }

    /** How many bytes {@link #writeTo} writes: as many as the name has characters. */
    public int length() {
        return ascii.length;
    }

    /** Writes the name at the buffer's position, which moves. */
    public void writeTo(ByteBuffer out) {
        out.put(ascii);
    }

    /** The first level, {@code orders} of {@code orders/eu/created}. */
    public String firstLevel() {
        int slash = value.indexOf('/');
        return slash < 0 ? value : value.substring(0, slash);
    }

    public List<String> levels() {
        return List.of(value.split("/", -1));
    }

    /** Whether the first level begins with {@code _}: only runtimes of the cluster write such topics. */
    public boolean isReserved() {
        return value.charAt(0) == '_';
    }

    @Override
    public int compareTo(TopicName other) {
        return value.compareTo(other.value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TopicName topic && value.equals(topic.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }

    private static @Nullable String problem(String value) {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            return "1 to " + MAX_LENGTH + " characters, has " + value.length();
        }
        int levels = 1;
        int levelLength = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '/') {
                if (levelLength == 0) {
                    return "no empty level";
                }
                levels++;
                levelLength = 0;
            } else if (!Names.isLevelCharacter(c)) {
                return "levels of [A-Za-z0-9._~%-]";
            } else if (++levelLength > MAX_LEVEL_LENGTH) {
                return "levels of at most " + MAX_LEVEL_LENGTH + " characters";
            }
        }
        if (levelLength == 0) {
            return "no empty level";
        }
        return levels > MAX_LEVELS ? "at most " + MAX_LEVELS + " levels, has " + levels : null;
    }
}
