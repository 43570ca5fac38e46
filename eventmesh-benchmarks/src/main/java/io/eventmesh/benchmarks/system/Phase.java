package io.eventmesh.benchmarks.system;

/**
 * What a phase gave.
 *
 * @param published events stored a second; calls answered, of an echo
 * @param delivered events delivered a second, to all groups together; the same as published, of an echo
 * @param answers from a call to its answer
 * @param deliveries from the making of an event to its delivery; the answers again, of an echo
 * @param cpuMicros processor time of the server for each event delivered, in microseconds
 * @param allocated bytes of the server's heap for each event published
 */
record Phase(
        double published,
        double delivered,
        Latencies answers,
        Latencies deliveries,
        double cpuMicros,
        double allocated) {
    /** For one line. */
    String text() {
        return "%,.0f/s, answer p50 %,d p99 %,d µs, delivery p50 %,d p99 %,d µs, cpu %.1f µs, %,.0f B"
                .formatted(
                        delivered,
                        answers.micros(0.5),
                        answers.micros(0.99),
                        deliveries.micros(0.5),
                        deliveries.micros(0.99),
                        cpuMicros,
                        allocated);
    }
}
