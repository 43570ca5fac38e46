package io.eventmesh.connector.file;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.event.EventBuilder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a file line by line from its beginning, and goes on with what is written later.
 *
 * <p>The position names the file by its key and its first bytes, not by its path: a file that was renamed is read to its
 * end, also after a restart as long as it lies in the same directory, and then the new one at the path from its
 * beginning. Of several files that came and went while nobody read, only the one that was being read and the one at the
 * path now are found. A file that became shorter, or begins otherwise than before, is read from its beginning.
 *
 * <p>With several tasks, the first one reads; a file is not shared.
 */
final class FileSource implements SourceConnector {
    private static final Logger log = LoggerFactory.getLogger(FileSource.class);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(900);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** A writer may not have noticed yet that its file was renamed. */
    private static final long ROTATION_GRACE_NANOS = Duration.ofSeconds(1).toNanos();

    private final FileSourceConfig config;
    private final Path path;
    private final boolean idle;
    private final MeshClock clock;
    private final LineEvents events;
    private final Pace pace;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private volatile boolean closed;
    private volatile @Nullable LineReader reader;

    private @Nullable FilePosition resume;
    private String key = "";
    private int generation;
    private FileHead head = FileHead.NONE;
    private long offset;
    private long lines;
    private boolean atEnd;
    private boolean finished;
    private long replacedSince;
    private boolean replaced;

    FileSource(FileSourceConfig config, TaskContext context) {
        this.config = config;
        this.path = FilePaths.require(config.path());
        this.idle = context.ordinal() > 0;
        this.clock = context.clock();
        this.events = new LineEvents(config);
        this.pace = new Pace(config.rate(), context.clock().nanoTime());
    }

    @Override
    public void open(Map<String, byte[]> positions) throws IOException {
        byte[] position = positions.get(partition());
        resume = position == null ? null : FilePosition.decode(position);
        find();
    }

    @Override
    public List<SourceRecord> poll() throws IOException, InterruptedException {
        long until = clock.nanoTime() + POLL_NANOS;
        while (!closed) {
            long wait = LOOK_NANOS;
            if (!idle && (reader != null || find())) {
                int allowed = pace.allowed(config.batchSize(), clock.nanoTime());
                List<SourceRecord> batch = allowed == 0 ? List.of() : read(allowed);
                if (!batch.isEmpty()) {
                    return batch;
                }
                if (allowed == 0) {
                    wait = PACE_NANOS;
                } else {
                    look();
                }
            }
            long left = until - clock.nanoTime();
            if (left <= 0) {
                return List.of();
            }
            pause(Math.min(left, wait));
        }
        return List.of();
    }

    @Override
    public void close() {
        closed = true;
        lock.lock();
        try {
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        LineReader open = reader;
        if (open != null) {
            try {
                open.close();
            } catch (IOException failure) {
                log.debug("File not closed. error={}", failure.toString());
            }
        }
    }

    private String partition() {
        return path.toString();
    }

    /** Opens the file that the position names, wherever it is now, or the one at the path. */
    private boolean find() throws IOException {
        FilePosition from = resume;
        if (from != null) {
            Optional<Path> known = FileKeys.find(path, from.file());
            if (known.isPresent() && resumed(known.get(), from)) {
                resume = null;
                return true;
            }
        }
        Optional<String> current = FileKeys.of(path);
        if (current.isEmpty()) {
            return false;
        }
        try {
            FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
            if (from != null) {
                boolean same = from.file().equals(current.get());
                log.warn("File is not what it was, reading it from its beginning. path={}", path);
                generation = same ? from.generation() + 1 : 0;
            }
            begin(file, current.get(), 0, 0);
            resume = null;
            return true;
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    private boolean resumed(Path where, FilePosition from) throws IOException {
        FileChannel file = FileChannel.open(where, StandardOpenOption.READ);
        boolean same = false;
        try {
            same = file.size() >= from.offset() && from.head().isOf(file);
        } finally {
            if (!same) {
                file.close();
            }
        }
        if (!same) {
            return false;
        }
        generation = from.generation();
        begin(file, from.file(), from.offset(), from.lines());
        head = from.head();
        return true;
    }

    private void begin(FileChannel file, String fileKey, long fromOffset, long fromLines) {
        reader = new LineReader(file, fromOffset, config.maxLineBytes().intBytes());
        key = fileKey;
        offset = fromOffset;
        lines = fromLines;
        head = FileHead.NONE;
        atEnd = false;
        finished = false;
        replaced = false;
    }

    private List<SourceRecord> read(int most) throws IOException {
        LineReader from = reader;
        if (from == null || finished || (atEnd && !hasGrown(from))) {
            return List.of();
        }
        List<SourceRecord> batch = new ArrayList<>(Math.min(most, 64));
        while (batch.size() < most) {
            LineReader.Line line = from.next();
            if (line == null) {
                atEnd = true;
                if (!config.follow()) {
                    last(from, batch);
                    finished = true;
                }
                break;
            }
            batch.add(record(from, line));
        }
        pace.went(batch.size());
        return batch;
    }

    /** Looks whether there is more, and whether the file is still the one that was read. */
    private boolean hasGrown(LineReader from) throws IOException {
        long size = from.file().size();
        if (size == from.readOffset()) {
            return false;
        }
        if (size < from.readOffset() || !head.isOf(from.file())) {
            log.info("File was truncated, reading it from its beginning. path={}", path);
            generation++;
            begin(from.file(), key, 0, 0);
            return false;
        }
        atEnd = false;
        return true;
    }

    private void last(LineReader from, List<SourceRecord> batch) throws IOException {
        LineReader.Line rest = from.rest();
        if (rest != null) {
            batch.add(record(from, rest));
        }
    }

    private SourceRecord record(LineReader from, LineReader.Line line) throws IOException {
        offset = line.end();
        lines++;
        if (head.length() < FileHead.MAX) {
            head = FileHead.of(from.file(), (int) Math.min(offset, FileHead.MAX));
        }
        byte[] position = new FilePosition(key, generation, head, offset, lines).encode();
        EventBuilder event = events.isPassedOver(line) ? null : events.event(line, lines);
        return new SourceRecord(partition(), position, event);
    }

    /** Nothing more to read now: is there another file at the path? */
    private void look() throws IOException {
        LineReader from = reader;
        if (from == null || !config.follow()) {
            return;
        }
        Optional<String> current = FileKeys.of(path);
        if (current.isEmpty() || current.get().equals(key)) {
            replaced = false;
            return;
        }
        long now = clock.nanoTime();
        if (!replaced) {
            replaced = true;
            replacedSince = now;
        } else if (now - replacedSince >= ROTATION_GRACE_NANOS && from.file().size() == from.readOffset()) {
            turn(from);
        }
    }

    private void turn(LineReader from) throws IOException {
        log.info("File was replaced, going on with the new one. path={} lines={}", path, lines);
        from.close();
        reader = null;
        generation = 0;
        find();
    }

    private void pause(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (!closed && left > 0) {
                left = closing.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }
}
