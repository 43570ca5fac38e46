package lines;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

public class LinesSinkTask extends SinkTask {
    private final List<SinkRecord> held = new ArrayList<>();
    private Path file;
    private int keep;
    private int pauses;

    @Override
    public void start(Map<String, String> props) {
        file = Path.of(props.get("file"));
        keep = Integer.parseInt(props.getOrDefault("keep", "0"));
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> log("open " + partition + " of " + context.assignment().size()));
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty() && ++pauses > 1) {
            context.resume(context.assignment().toArray(new TopicPartition[0]));
        }
        for (SinkRecord record : records) {
            String value = String.valueOf(record.value());
            if (value.contains("again")) {
                throw new RetriableException("not now");
            }
            if (value.contains("poison")) {
                context.errantRecordReporter().report(record, new ConnectException("poison"));
            } else if (value.contains("broken")) {
                throw new ConnectException("broken record");
            } else {
                held.add(record);
            }
            if (value.contains("pause")) {
                context.pause(new TopicPartition(record.topic(), record.kafkaPartition()));
            }
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        Map<TopicPartition, OffsetAndMetadata> safe = new HashMap<>(keep == 0 ? offsets : Map.of());
        while (held.size() > keep) {
            SinkRecord record = held.remove(0);
            write(file, String.valueOf(record.value()));
            log(record.topic() + " " + record.key() + " " + record.headers().lastWithName("ce_id").value());
            if (keep > 0) {
                safe.put(new TopicPartition(record.topic(), record.kafkaPartition()),
                        new OffsetAndMetadata(record.kafkaOffset() + 1));
            }
        }
        return safe;
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        log("close " + partitions.size());
    }

    @Override
    public void stop() {
        log("stop");
    }

    @Override
    public String version() {
        return "1.2.3";
    }

    private void log(String line) {
        write(Path.of(file + ".log"), line);
    }

    private static void write(Path file, String line) {
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (java.io.IOException failure) {
            throw new ConnectException(failure);
        }
    }
}
