package io.eventmesh.runtime.simulation;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Some records come back with other bytes than were stored. Each has a checksum, by which an honest disk finds that out
 * and reports a gap instead.
 */
final class DamagedDisk implements PlantedBug {
    /** Whether what was read is what was stored. */
    interface Verification {
        Verification HONEST = (record, checksum) -> checksum == checksum(record);
        Verification SKIPPED = (record, checksum) -> true;

        boolean holds(EventRecord record, long checksum);
    }

    private static final int ONE_IN = 23;

    private final Verification verification;
    private final Map<Position, Long> checksums = new HashMap<>();

    DamagedDisk(Verification verification) {
        this.verification = verification;
    }

    @Override
    public Storage disk(Storage honest) {
        return new ForwardingStorage(honest) {
            @Override
            public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
                List<CompletionStage<Position>> answers = new ArrayList<>();
                for (EventRecord record : records) {
                    answers.add(behind.append(stream, List.of(record), spread)
                            .get(0)
                            .thenApply(position -> {
                                checksums.put(position, checksum(record));
                                return position;
                            }));
                }
                return answers;
            }

            @Override
            public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
                Reading reading = new Reading(listener);
                return behind.openReader(group, reading).thenApply(reader -> reading.reader = reader);
            }
        };
    }

    private static long checksum(EventRecord record) {
        CRC32C crc = new CRC32C();
        crc.update(record.event().asReadOnlyBuffer());
        return crc.getValue();
    }

    private final class Reading extends ForwardingListener {
        private @Nullable GroupReader reader;

        private Reading(GroupReader.Listener behind) {
            super(behind);
        }

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            List<StoredRecord> good = new ArrayList<>();
            for (StoredRecord stored : records) {
                StoredRecord read = read(stored);
                // a record is handed over from inside its append, before that has answered
                Long checksum = checksums.getOrDefault(stored.position(), checksum(stored.record()));
                if (verification.holds(read.record(), checksum)) {
                    good.add(read);
                    continue;
                }
                flush(partition, epoch, good);
                long offset = stored.position().offset();
                super.gap(new Gap(partition, offset, offset + 1, 1, Gap.Why.CORRUPTION));
                if (reader != null) {
                    reader.request(partition, stored.record().size());
                }
            }
            flush(partition, epoch, good);
        }

        private void flush(StreamPartition partition, long epoch, List<StoredRecord> good) {
            if (!good.isEmpty()) {
                super.records(partition, epoch, List.copyOf(good));
                good.clear();
            }
        }

        private static StoredRecord read(StoredRecord stored) {
            return stored.position().hashCode() % ONE_IN == 0
                    ? new StoredRecord(stored.position(), damaged(stored.record()))
                    : stored;
        }

        private static EventRecord damaged(EventRecord record) {
            Event event = record.event();
            EventBuilder other = Event.builder()
                    .id(event.id())
                    .source(event.source())
                    .type(event.type())
                    .text("?".repeat(event.data().length));
            if (event.partitionKey() != null) {
                other.attribute("partitionkey", event.partitionKey());
            }
            return new EventRecord(
                    record.topic(),
                    record.key(),
                    record.appendTimeMillis(),
                    record.hops(),
                    record.target(),
                    record.principal(),
                    record.traceparent(),
                    record.notBeforeMillis(),
                    other.build());
        }
    }
}
