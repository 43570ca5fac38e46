package io.eventmesh.storage.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the catalog topic under the one transactional id that all runtimes share: whoever took it over last may write,
 * everybody else is fenced.
 *
 * <p>Belongs to the catalog's thread; each call blocks, some seconds at most.
 */
final class CatalogWriter {
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(8);

    private final Clients clients;
    private final String topic;
    /** Ours is the transactional id as long as this stands and nobody fenced it. */
    private @Nullable Producer<byte[], byte[]> producer;

    CatalogWriter(Clients clients, String topic) {
        this.clients = clients;
        this.topic = topic;
    }

    /** Whether the id was taken over and, as far as is known, is still ours. */
    boolean holds() {
        return producer != null;
    }

    /** Whoever wrote before is fenced from here on. */
    void takeOver() {
        Map<String, Object> settings = clients.producer("catalog");
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topic);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (int) CALL_TIMEOUT.toMillis());
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) CALL_TIMEOUT.toMillis());
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int)
                CALL_TIMEOUT.dividedBy(2).toMillis());
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int)
                CALL_TIMEOUT.multipliedBy(2).toMillis());
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        Producer<byte[], byte[]> taken = new KafkaProducer<>(settings);
        producer = taken;
        taken.initTransactions();
    }

    /**
     * Writes all changes or none; returns the last offset written.
     *
     * @throws KafkaException ProducerFencedException or InvalidProducerEpochException when another one took over
     */
    long store(CatalogDraft draft) {
        Producer<byte[], byte[]> mine = producer;
        if (mine == null) {
            throw new IllegalStateException("not taken over");
        }
        mine.beginTransaction();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        draft.changes()
                .forEach((key, fact) -> sent.add(mine.send(new ProducerRecord<>(
                        topic,
                        0,
                        CatalogForm.bytes(key),
                        fact.map(CatalogForm::write).orElse(null)))));
        mine.commitTransaction();
        long last = -1;
        for (Future<RecordMetadata> each : sent) {
            last = Math.max(last, await(each).offset());
        }
        return last;
    }

    /** Gives the id up without a word; what was not committed is aborted by whoever takes over. */
    void drop() {
        Producer<byte[], byte[]> mine = producer;
        producer = null;
        if (mine != null) {
            try {
                mine.close(Duration.ZERO);
            } catch (InterruptException inAHurry) {
                // its thread ends by itself
            }
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.get(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof KafkaException failure) {
                throw failure;
            }
            throw Clients.failure(failed);
        } catch (TimeoutException late) {
            throw new org.apache.kafka.common.errors.TimeoutException("no answer within " + CALL_TIMEOUT, late);
        } catch (InterruptedException interrupted) {
            throw new InterruptException(interrupted);
        }
    }
}
