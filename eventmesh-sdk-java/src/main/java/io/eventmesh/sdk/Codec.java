package io.eventmesh.sdk;

/**
 * Between an application's values and the data of events. {@code byte[]}, {@code String}, {@code CloudEvent} and
 * {@code Event} never reach a codec: they travel as they are.
 *
 * <p>Thread-safe. Called on the application's threads and on those of subscriptions.
 */
public interface Codec {
    /** What {@link #encode} makes, such as {@code application/json}: becomes the event's {@code datacontenttype}. */
    String contentType();

    /**
     * A value as the data of an event.
     *
     * @throws io.eventmesh.common.error.EventMeshException EVENT_INVALID for what it cannot express
     */
    byte[] encode(Object value);

    /**
     * The value that the data stand for.
     *
     * @param data empty for an event without data
     * @throws io.eventmesh.common.error.EventMeshException EVENT_INVALID for data that stand for no such value
     */
    <T> T decode(byte[] data, Class<T> type);
}
