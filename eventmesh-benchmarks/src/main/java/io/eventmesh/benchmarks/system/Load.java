package io.eventmesh.benchmarks.system;

/** Something that publishes until it is told to stop, and counts. The counts may be read by any thread. */
interface Load {
    /** Events that were answered as stored. */
    long answered();

    /** Events that were refused, or whose call failed. */
    long failed();

    /** From sending to the answer; of a call, whatever it carried. */
    Latencies latencies();

    /** Sends nothing more and waits until what is outstanding has been answered. */
    void stop() throws InterruptedException;
}
