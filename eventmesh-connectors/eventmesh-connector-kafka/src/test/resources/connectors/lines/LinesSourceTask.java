package lines;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.apache.kafka.clients.producer.RecordMetadata;

public class LinesSourceTask extends SourceTask {
    private Path file;
    private int each;
    private long done;
    private volatile boolean stopped;

    @Override
    public void start(Map<String, String> props) {
        if (Thread.currentThread().getContextClassLoader() != getClass().getClassLoader()) {
            throw new ConnectException("context class loader is " + Thread.currentThread().getContextClassLoader());
        }
        file = Path.of(props.get("file"));
        each = Integer.parseInt(props.getOrDefault("each", "1"));
        Map<String, Object> offset = context.offsetStorageReader().offset(Map.of("file", file.toString()));
        done = offset == null ? 0 : (Long) offset.get("line") * each;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            List<SourceRecord> records = new ArrayList<>();
            for (int i = (int) done; i < lines.size(); i++) {
                String line = lines.get(i);
                if (line.equals("again")) {
                    throw new RetriableException("not now");
                }
                records.add(new SourceRecord(Map.of("file", file.toString()), Map.of("line", (i / each) + (each == 1 ? 1L : 0L)),
                        "lines", null, Schema.STRING_SCHEMA, "k" + i % 3, Schema.STRING_SCHEMA, line, 1000L + i));
            }
            done += records.size();
            if (records.isEmpty() && !stopped) {
                synchronized (this) {
                    wait(200);
                }
            }
            return records.isEmpty() ? null : records;
        } catch (java.io.IOException failure) {
            throw new ConnectException(failure);
        }
    }

    @Override
    public void commitRecord(SourceRecord record, RecordMetadata metadata) {
        log("record " + record.value());
    }

    @Override
    public void commit() {
        log("commit");
    }

    private void log(String line) {
        try {
            Files.writeString(Path.of(file + ".log"), line + "\n", java.nio.file.StandardOpenOption.CREATE,
                    java.nio.file.StandardOpenOption.APPEND);
        } catch (java.io.IOException failure) {
            throw new ConnectException(failure);
        }
    }

    @Override
    public void stop() {
        stopped = true;
        synchronized (this) {
            notifyAll();
        }
        log("stop");
    }

    @Override
    public String version() {
        return "1.2.3";
    }
}
