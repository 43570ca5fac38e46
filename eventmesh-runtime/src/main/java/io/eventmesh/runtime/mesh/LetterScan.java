package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * One look through a stream's dead letters that are not done, from a cursor on, partition by partition. Its steps come one
 * after the other, on any thread.
 */
final class LetterScan {
    private static final int PIECE = 256;
    private static final long PIECE_BYTES = 1 << 20;

    /** Where the next look begins. */
    record Cursor(int partition, long offset) {
        static final Cursor FIRST = new Cursor(0, 0);

        /** @throws EventMeshException REQUEST_INVALID */
        static Cursor of(String text) {
            if (text.isEmpty()) {
                return FIRST;
            }
            int dash = text.indexOf('-');
            try {
                return new Cursor(Integer.parseInt(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
            } catch (NumberFormatException | IndexOutOfBoundsException none) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID, "cursor: '%s' (expected: one of an answer)".formatted(text), none);
            }
        }

        String text() {
            return partition + "-" + offset;
        }
    }

    private final Storage storage;
    private final StreamInfo stream;
    private final Optional<GroupInfo> standing;
    private final Predicate<EventRecord> chosen;
    private final int limit;
    private final int maxScanned;
    private final long maxBytes;

    private final List<StoredRecord> found = new ArrayList<>();
    private int partition;
    private long at;
    private long scanned;
    private long bytes;

    /**
     * @param standing the group whose progress says what is done; empty for nothing
     * @param limit letters that are found at most
     * @param maxScanned letters that are looked at, about
     * @param maxBytes of the letters found, but for the first
     */
    LetterScan(
            Storage storage,
            StreamInfo stream,
            Optional<GroupInfo> standing,
            Predicate<EventRecord> chosen,
            Cursor from,
            int limit,
            int maxScanned,
            long maxBytes) {
        this.storage = storage;
        this.stream = stream;
        this.standing = standing;
        this.chosen = chosen;
        this.partition = Math.max(0, from.partition());
        this.at = Math.max(0, from.offset());
        this.limit = limit;
        this.maxScanned = maxScanned;
        this.maxBytes = maxBytes;
    }

    /** Completes when so many are found, so many were looked at, or there are no more. */
    CompletionStage<LetterScan> run() {
        if (isOver() || found.size() >= limit || scanned >= maxScanned || bytes >= maxBytes) {
            return CompletableFuture.completedStage(this);
        }
        StreamPartition place = new StreamPartition(stream.name(), partition);
        Progress progress = standing.map(group -> group.progress().get(place)).orElse(Progress.at(0));
        at = Math.max(at, progress.watermark());
        return storage.peek(place, at, PIECE, PIECE_BYTES).thenCompose(peek -> {
            take(peek, progress);
            return run();
        });
    }

    private void take(Peek peek, Progress progress) {
        for (StoredRecord record : peek.records()) {
            long offset = record.position().offset();
            if (progress.isDone(offset)) {
                continue;
            }
            boolean wanted = chosen.test(record.record());
            int size = record.record().size();
            if (wanted && (found.size() == limit || (bytes + size > maxBytes && !found.isEmpty()))) {
                at = offset;
                bytes = Math.max(bytes, found.size() == limit ? bytes : maxBytes);
                return;
            }
            scanned++;
            if (wanted) {
                found.add(record);
                bytes += size;
            }
        }
        if (peek.next() >= peek.end()) {
            partition++;
            at = 0;
        } else {
            at = peek.next();
        }
    }

    private boolean isOver() {
        return partition >= stream.settings().partitions();
    }

    List<StoredRecord> found() {
        return found;
    }

    /** How many that are not done were looked at. */
    long scanned() {
        return scanned;
    }

    /** The cursor to go on from; empty when there are no more. */
    String next() {
        return isOver() ? "" : new Cursor(partition, at).text();
    }
}
