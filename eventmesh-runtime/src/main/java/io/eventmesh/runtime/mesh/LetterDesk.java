package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.runtime.delivery.EventFilter;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters as the storage keeps them: what the standing group of their stream has not done. Thread-safe, never blocks.
 */
final class LetterDesk implements DeadLetterDesk {
    private static final int MAX_PAGE = 500;
    private static final long MAX_PAGE_BYTES = 2 << 20;
    private static final int MAX_STEP = 256;
    private static final int MAX_SCANNED = 5_000;
    /** So many of a topic's letters are looked at for their codes. */
    private static final int COUNTED = 200;

    private final ServingState serving;
    private final Storage storage;
    private final DeadLetterStreams letters;
    private final Filters filters;
    private final StreamMap map;
    private final Streams streams;
    private final Subscriptions subscriptions;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Turns<StreamName> turns = new Turns<>();

    LetterDesk(
            ServingState serving,
            Storage storage,
            DeadLetterStreams letters,
            Filters filters,
            StreamMap map,
            Streams streams,
            Subscriptions subscriptions,
            MeshSurroundings with) {
        this.serving = serving;
        this.storage = storage;
        this.letters = letters;
        this.filters = filters;
        this.map = map;
        this.streams = streams;
        this.subscriptions = subscriptions;
        this.clock = with.clock();
        this.scheduler = with.scheduler();
    }

    @Override
    public CompletionStage<List<Topic>> topics(String namespace, String after, int limit) {
        return attempt(() -> MeshOperators.all(letters.all(namespace).stream()
                .filter(stream -> stream.name().toString().compareTo(after) > 0)
                .limit(Math.max(1, Math.min(limit, MAX_PAGE)))
                .map(this::topic)
                .toList()));
    }

    private CompletionStage<Topic> topic(StreamInfo stream) {
        Optional<GroupInfo> standing = standing(stream);
        long events = standing.map(GroupInfo::lagEvents).orElse(stream.events());
        return scan(stream, standing, record -> true, LetterScan.Cursor.FIRST, COUNTED)
                .thenCombine(newest(stream), (scan, newest) -> {
                    Map<String, Long> codes = new TreeMap<>();
                    long oldest = Long.MAX_VALUE;
                    for (StoredRecord letter : scan.found()) {
                        String code = letter.record().event().attribute("dlcode");
                        codes.merge(code == null ? "" : code, 1L, Long::sum);
                        oldest = Math.min(oldest, letter.record().appendTimeMillis());
                    }
                    boolean none = scan.found().isEmpty();
                    return new Topic(
                            stream.name(),
                            events,
                            stream.bytes(),
                            none ? 0 : oldest,
                            none ? 0 : newest,
                            codes,
                            scan.found().size());
                });
    }

    private CompletionStage<Long> newest(StreamInfo stream) {
        List<CompletionStage<Long>> all = new ArrayList<>();
        for (int i = 0; i < stream.settings().partitions(); i++) {
            StreamPartition place = new StreamPartition(stream.name(), i);
            all.add(storage.peek(place, Long.MAX_VALUE, 1, 1)
                    .thenCompose(peek -> storage.peek(place, Math.max(peek.first(), peek.end() - 1), 1, 1))
                    .thenApply(last -> last.records().isEmpty()
                            ? 0L
                            : last.records().get(0).record().appendTimeMillis()));
        }
        return MeshOperators.all(all)
                .thenApply(
                        times -> times.stream().mapToLong(Long::longValue).max().orElse(0));
    }

    @Override
    public CompletionStage<Page> read(StreamName topic, Choice choice, String cursor, int limit) {
        return attempt(() -> {
            StreamInfo stream = letters.require(topic);
            LetterScan.Cursor from = LetterScan.Cursor.of(cursor);
            Optional<GroupInfo> standing = standing(stream);
            if (!choice.places().isEmpty()) {
                return named(stream, standing, choice, from, Math.max(1, Math.min(limit, MAX_PAGE)));
            }
            return scan(stream, standing, chosen(choice), from, Math.max(1, Math.min(limit, MAX_PAGE)))
                    .thenApply(scan -> new Page(List.copyOf(scan.found()), scan.next(), scan.scanned()));
        });
    }

    /** Those of certain places, which are looked up one by one; the cursor counts them. */
    private CompletionStage<Page> named(
            StreamInfo stream, Optional<GroupInfo> standing, Choice choice, LetterScan.Cursor from, int limit) {
        Predicate<EventRecord> chosen = chosen(choice);
        int begin = (int) Math.min(from.offset(), choice.places().size());
        int end = Math.min(begin + limit, choice.places().size());
        List<CompletionStage<Optional<StoredRecord>>> looks = new ArrayList<>();
        for (Place place : choice.places().subList(begin, end)) {
            StreamPartition partition = new StreamPartition(stream.name(), place.partition());
            boolean there = place.partition() >= 0
                    && place.partition() < stream.settings().partitions()
                    && place.offset() >= 0
                    && standing.map(group -> group.progress().get(partition))
                            .map(progress -> !progress.isDone(place.offset()))
                            .orElse(true);
            looks.add(
                    there
                            ? storage.peek(partition, place.offset(), 1, 1)
                                    .thenApply(peek -> peek.records().stream()
                                            .filter(record -> record.position().offset() == place.offset()
                                                    && chosen.test(record.record()))
                                            .findFirst())
                            : CompletableFuture.completedStage(Optional.empty()));
        }
        String next = end < choice.places().size() ? new LetterScan.Cursor(0, end).text() : "";
        return MeshOperators.all(looks)
                .thenApply(found ->
                        new Page(found.stream().flatMap(Optional::stream).toList(), next, end - begin));
    }

    @Override
    public CompletionStage<Step> settle(StreamName topic, Order order, String cursor, int max, boolean dryRun) {
        return attempt(() -> turns.take(topic, () -> {
            StreamInfo stream = letters.require(topic);
            Redrive redrive = order.action() == Action.DISCARD
                    ? null
                    : new Redrive(topic, order.to(), order.mark(), storage, map, streams, subscriptions, clock);
            return letters.keep(topic)
                    .thenCompose(kept -> read(topic, order.choice(), cursor, Math.min(max, MAX_STEP)))
                    .thenCompose(page -> new Settling(stream, page, redrive, dryRun).run());
        }));
    }

    private Optional<GroupInfo> standing(StreamInfo stream) {
        return storage.group(DeadLetterStreams.standing(stream.name()));
    }

    private CompletionStage<LetterScan> scan(
            StreamInfo stream,
            Optional<GroupInfo> standing,
            Predicate<EventRecord> chosen,
            LetterScan.Cursor from,
            int limit) {
        return new LetterScan(storage, stream, standing, chosen, from, limit, MAX_SCANNED, MAX_PAGE_BYTES).run();
    }

    private Predicate<EventRecord> chosen(Choice choice) {
        Filter compiled = filters.compile(Filters.canonical(choice.filter()));
        EventFilter filter = compiled == null ? EventFilter.ALL : EventFilter.by(compiled);
        return record ->
                (choice.code().isEmpty() || choice.code().equals(record.event().attribute("dlcode")))
                        && (choice.stage().isEmpty()
                                || choice.stage().equals(record.event().attribute("dlstage")))
                        && isWithin(choice, record)
                        && filter.passes(record);
    }

    private static boolean isWithin(Choice choice, EventRecord record) {
        if (choice.afterMillis() == 0 && choice.beforeMillis() == 0) {
            return true;
        }
        long at = lastMillis(record);
        return at >= choice.afterMillis() && (choice.beforeMillis() == 0 || at < choice.beforeMillis());
    }

    /** When it failed last; where it does not say so readably, when it was stored. */
    private static long lastMillis(EventRecord record) {
        String last = record.event().attribute("dllasttime");
        if (last == null) {
            return record.appendTimeMillis();
        }
        try {
            return Instant.parse(last).toEpochMilli();
        } catch (DateTimeException unreadable) {
            return record.appendTimeMillis();
        }
    }

    private <T> CompletionStage<T> attempt(Supplier<CompletionStage<T>> step) {
        try {
            serving.require();
            return step.get();
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    /** What is done with one page of letters. */
    private final class Settling {
        private final StreamInfo stream;
        private final Page page;
        private final @Nullable Redrive redrive;
        private final boolean dryRun;
        private final List<Skipped> skipped = new ArrayList<>();
        private final Map<StreamPartition, List<Long>> done = new TreeMap<>(DoneMarks.ORDER);
        private long count;
        private String blocked = "";
        private @Nullable EventMeshException failure;

        Settling(StreamInfo stream, Page page, @Nullable Redrive redrive, boolean dryRun) {
            this.stream = stream;
            this.page = page;
            this.redrive = redrive;
            this.dryRun = dryRun;
        }

        CompletionStage<Step> run() {
            List<CompletionStage<Void>> settled = new ArrayList<>();
            for (StoredRecord letter : page.letters()) {
                if (isBeyond(letter)) {
                    blocked =
                            "letters older than %s are not done, and marks reach %d offsets (expected: settle those first)"
                                    .formatted(letter.position(), Progress.MAX_SPAN);
                    break;
                }
                settled.add(settle(letter));
            }
            return MeshOperators.all(settled).thenCompose(all -> mark()).thenApply(marked -> {
                if (failure != null) {
                    throw failure;
                }
                return new Step(
                        blocked.isEmpty() ? page.next() : "", page.scanned(), count, List.copyOf(skipped), blocked);
            });
        }

        private boolean isBeyond(StoredRecord letter) {
            long watermark = standing(stream)
                    .map(group -> group.progress().get(letter.position().partition()))
                    .map(Progress::watermark)
                    .orElse(0L);
            return letter.position().offset() - watermark >= Progress.MAX_SPAN;
        }

        /** Completes well whatever comes of it. */
        private CompletionStage<Void> settle(StoredRecord letter) {
            if (redrive == null) {
                done(letter);
                return CompletableFuture.completedStage(null);
            }
            Redrive.Way way = redrive.of(letter.record());
            if (!way.refusal().isEmpty()) {
                skip(letter, way.refusal());
                return CompletableFuture.completedStage(null);
            }
            if (dryRun) {
                done(letter);
                return CompletableFuture.completedStage(null);
            }
            return redrive.publish(way).handle((refusal, thrown) -> {
                if (thrown != null) {
                    failed(EventMeshException.of(thrown));
                } else if (refusal.isPresent()) {
                    skip(letter, refusal.get());
                } else {
                    done(letter);
                }
                return null;
            });
        }

        private synchronized void failed(EventMeshException why) {
            failure = why;
        }

        private synchronized void skip(StoredRecord letter, String why) {
            skipped.add(new Skipped(
                    new Place(
                            letter.position().partition().index(),
                            letter.position().offset()),
                    why));
        }

        private synchronized void done(StoredRecord letter) {
            count++;
            done.computeIfAbsent(letter.position().partition(), partition -> new ArrayList<>())
                    .add(letter.position().offset());
        }

        private CompletionStage<Void> mark() {
            return dryRun || done.isEmpty()
                    ? CompletableFuture.completedStage(null)
                    : DoneMarks.store(storage, scheduler, DeadLetterStreams.standing(stream.name()), done);
        }
    }
}
