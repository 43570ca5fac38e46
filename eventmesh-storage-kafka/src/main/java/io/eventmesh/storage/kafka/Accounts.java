package io.eventmesh.storage.kafka;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all readers of a runtime write into.
 *
 * @param progress how far groups are
 * @param gaps what they missed
 * @param epochs counts the assignments of all partitions
 */
record Accounts(KnownProgress progress, GapBook gaps, AtomicLong epochs) {}
