package io.eventmesh.tests.kafka;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.storage.GroupReaderContractTest;
import io.eventmesh.testkit.storage.ParkingContractTest;
import io.eventmesh.testkit.storage.SharedStorageContractTest;
import io.eventmesh.testkit.storage.StorageContractTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The whole storage contract on three brokers that are processes of their own, with three replicas of which two must be in
 * sync: minutes, so that the build leaves it out. The build runs it on one broker, where the storage's own tests are.
 */
@Tag("brokers")
class StorageOnThreeBrokersIT {
    @Nested
    class OfStreamsAndGroups extends StorageContractTest {
        private final String prefix = ThreeBrokers.prefix();

        @Override
        protected Storage create(MeshClock clock, Bounds bounds) {
            return ThreeBrokers.storage(prefix, new DataSize(Math.min(bounds.maxBytes(), 2 << 20)), clock);
        }
    }

    @Nested
    class OfReaders extends GroupReaderContractTest {
        private final String prefix = ThreeBrokers.prefix();

        @Override
        protected Storage create(MeshClock clock, Bounds bounds) {
            return ThreeBrokers.storage(prefix, DataSize.ofMebibytes(2), clock);
        }
    }

    @Nested
    class OfParking extends ParkingContractTest {
        private final String prefix = ThreeBrokers.prefix();

        @Override
        protected Storage create(MeshClock clock, Bounds bounds) {
            return ThreeBrokers.storage(prefix, DataSize.ofMebibytes(2), clock);
        }
    }

    @Nested
    class BetweenRuntimes extends SharedStorageContractTest {
        private final String prefix = ThreeBrokers.prefix();

        @Override
        protected Storage create(MeshClock clock, Bounds bounds) {
            return ThreeBrokers.storage(prefix, DataSize.ofMebibytes(2), clock);
        }
    }
}
