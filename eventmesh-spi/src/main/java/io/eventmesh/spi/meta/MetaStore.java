package io.eventmesh.spi.meta;

import io.eventmesh.common.lifecycle.Component;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Small versioned values that the runtimes of a cluster share, registrations that live as long as their process, and
 * the election of one leader.
 *
 * <p>Paths are relative to the cluster's root and look like {@code runtimes/laptop-7f3a}: levels of
 * {@code [A-Za-z0-9._-]+} with slashes between. Values are at most 64 KiB. Parents are made as needed.
 *
 * <p>Thread-safe; methods return without waiting, except {@link #start}, which waits for the first connection. Stages
 * fail with META_UNAVAILABLE when the store does not answer within its time-out, and are retried by nobody. Callbacks
 * come one at a time on a thread of the store's own and must not block.
 */
public interface MetaStore extends Component {
    /** Expect that the path does not exist. */
    long ABSENT = -1;

    /** Expect nothing. */
    long ANY = -2;

    /**
     * A value and its version.
     *
     * @param version grows with each put; {@link #ABSENT} and {@link #ANY} are never used
     */
    @SuppressWarnings("ArrayRecordComponent") // small, handed through, compared by version
    record Versioned(byte[] value, long version) {}

    /** Something that goes on until it is closed; closing any number of times is allowed. */
    interface Handle extends AutoCloseable {
        @Override
        void close();
    }

    /** Whether the connection stands now. Without it, watches keep the last known state. */
    boolean connected();

    /** After how long without a sign of life others see a process gone; zero for a store that sees it at once. */
    default Duration sessionTimeout() {
        return Duration.ZERO;
    }

    /** Tells each time the connection is lost or back. The first call says how it is now. */
    Handle watchConnection(Consumer<Boolean> listener);

    /** The value at the path as of now. */
    CompletionStage<Optional<Versioned>> get(String path);

    /**
     * Stores a value and answers its new version.
     *
     * @param expected the version it must have now, {@link #ABSENT} or {@link #ANY}; fails with VERSION_CONFLICT otherwise
     */
    CompletionStage<Long> put(String path, byte[] value, long expected);

    /** Removes a value; removing what is not there succeeds unless a version was expected (VERSION_CONFLICT). */
    CompletionStage<Void> delete(String path, long expected);

    /**
     * Follows the values directly below a directory: tells the whole map, name to value, once soon and after each
     * change, in an order in which they happened; changes close together may come as one. After a lost session it
     * resynchronises by itself.
     */
    Handle watch(String directory, Consumer<Map<String, Versioned>> listener);

    /**
     * Registers a value that disappears with the process or when the handle is closed. Completes when it is visible.
     * After a lost session it is registered again, and a stale registration of an earlier process under the same path is
     * replaced.
     */
    CompletionStage<Registration> register(String path, byte[] value);

    /** A registration whose value may change. */
    interface Registration extends Handle {
        /** Replaces the value; it is kept for later re-registration even if the store does not answer now. */
        CompletionStage<Void> update(byte[] value);
    }

    /**
     * Takes part in the election of one leader under the path; the candidate's value is what {@link #watchLeader} shows.
     *
     * <p>The store alone does not make a leader safe: whoever acts as one carries a term that its own storage checks.
     */
    Handle elect(String path, byte[] candidate, Leadership leadership);

    /** What a candidate is told. */
    interface Leadership {
        /** This candidate leads now. */
        void gained();

        /** This candidate may no longer lead: the session is lost, or the connection was away for too long. */
        void lost();
    }

    /** Follows who leads under the path; empty when nobody does. */
    Handle watchLeader(String path, Consumer<Optional<byte[]>> listener);
}
