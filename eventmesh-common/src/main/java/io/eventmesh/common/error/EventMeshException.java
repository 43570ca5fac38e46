package io.eventmesh.common.error;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A refusal or failure with a stable code and a sentence that holds the offending value and the expected one.
 *
 * <p>The message may leave the process: it never holds a secret, a host path or a payload.
 */
public class EventMeshException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final Duration retryAfter;
    private final String endpoint;

    public EventMeshException(ErrorCode code, String message) {
        this(code, message, (Throwable) null);
    }

    public EventMeshException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code);
        this.retryAfter = Duration.ZERO;
        this.endpoint = "";
    }

    /** @param retryAfter before which trying again is of no use */
    public EventMeshException(ErrorCode code, String message, Duration retryAfter) {
        super(message);
        this.code = Objects.requireNonNull(code);
        this.retryAfter = Objects.requireNonNull(retryAfter);
        this.endpoint = "";
    }

    private EventMeshException(EventMeshException said, String endpoint) {
        super(said.getMessage(), said.getCause());
        this.code = said.code;
        this.retryAfter = said.retryAfter;
        this.endpoint = endpoint;
    }

    public final ErrorCode code() {
        return code;
    }

    /** Before which trying again is of no use; zero when that is not known. */
    public final Duration retryAfter() {
        return retryAfter;
    }

    /** Whether the same call may succeed when it is made again, here or at another runtime. */
    public final boolean retryable() {
        return code.retryable();
    }

    /** Who said so, {@code host:port} as a client knows it; empty when it was said in this process. */
    public final String endpoint() {
        return endpoint;
    }

    /** The same refusal, said by the given endpoint. */
    public final EventMeshException saidBy(String host) {
        return new EventMeshException(this, host);
    }

    /** One sentence on what a caller can do about it, by the code. */
    public final String suggestion() {
        return Suggestions.on(code);
    }

    /** The message, never null. */
    public final String reason() {
        return Objects.requireNonNullElse(getMessage(), code.name());
    }

    /**
     * What a failed stage or call carries, as one of ours: completion wrappers are taken off, and anything that is not
     * an {@code EventMeshException} becomes INTERNAL with itself as the cause.
     */
    public static EventMeshException of(Throwable failure) {
        Throwable unwrapped = failure;
        while ((unwrapped instanceof CompletionException || unwrapped instanceof ExecutionException)
                && unwrapped.getCause() != null) {
            unwrapped = unwrapped.getCause();
        }
        if (unwrapped instanceof EventMeshException ours) {
            return ours;
        }
        return new EventMeshException(
                ErrorCode.INTERNAL, "unexpected " + unwrapped.getClass().getSimpleName(), unwrapped);
    }
}
