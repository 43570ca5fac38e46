package io.eventmesh.spi.connector;

import java.util.Collection;

/**
 * A sink that makes what was put safe when it suits it, such as one that writes large files: the runtime acks what it
 * says is safe, keeps count of the rest, and goes on putting meanwhile.
 *
 * <p>What is not safe stays owed by the task: when that grows to the bound of its bytes, when the mesh's time for an ack
 * is half over, and when the task pauses or ends, all of it is demanded; what is not safe then comes again later.
 */
public interface DeferringSink extends SinkConnector {
    /**
     * Which of the records put so far, and not named before, are safe in the foreign system now. Called after each put,
     * and about once a second while there is something to ask for, by the thread that puts.
     *
     * @param force all of it shall be made safe before this returns, as far as the foreign system lets
     * @return the very records that {@link #put} was given; others are ignored
     * @throws Exception as {@link #flush}: nothing more is safe
     */
    Collection<SinkRecord> safe(boolean force) throws Exception;

    /** Makes all of it safe; the runtime asks {@link #safe} instead. */
    @Override
    default void flush() throws Exception {
        safe(true);
    }
}
