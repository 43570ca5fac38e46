package io.eventmesh.testkit.meta;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStore.Handle;
import io.eventmesh.spi.meta.MetaStore.Registration;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What {@link MetaStore} promises. Two stores on one backing play two processes of a cluster.
 *
 * <p>The session time-out of the stores under test should be short (two seconds), since some promises wait for it.
 */
public abstract class MetaStoreContractTest {
    /** How long the tests wait for what should come; longer than the session time-out. */
    protected static final Duration SOON = Duration.ofSeconds(15);

    private final List<MetaStore> opened = new ArrayList<>();

    /** A store of the same cluster as all others of this test, not yet started. */
    protected abstract MetaStore newStore() throws Exception;

    /** A store of another cluster on the same backing, not yet started. */
    protected abstract MetaStore newStoreOfAnotherCluster() throws Exception;

    /** A store whose backing does not exist, not yet started. */
    protected abstract MetaStore newStoreWithoutBacking() throws Exception;

    /** Ends the store's session at the backing, while the process lives on. */
    protected abstract void expireSession(MetaStore store) throws Exception;

    /** Makes the backing silent for all stores, without losing what it holds. */
    protected abstract void stopBacking() throws Exception;

    /** Makes it answer again. */
    protected abstract void resumeBacking() throws Exception;

    private MetaStore one;
    private MetaStore two;

    @BeforeEach
    void startTwoStores() throws Exception {
        one = started();
        two = started();
    }

    @AfterEach
    void closeStores() {
        opened.forEach(MetaStore::close);
    }

    /** A started store that the test closes at its end. */
    protected final MetaStore started() throws Exception {
        MetaStore store = newStore();
        opened.add(store);
        store.start();
        return store;
    }

    @Test
    void aValueIsReadAsItWasPutByAnyone() throws Exception {
        long version = got(one.put("keys/cluster", bytes("secret"), MetaStore.ABSENT));

        Versioned read = got(two.get("keys/cluster")).orElseThrow();

        assertThat(read.value()).isEqualTo(bytes("secret"));
        assertThat(read.version()).isEqualTo(version);
    }

    @Test
    void whatWasNeverPutIsAbsent() throws Exception {
        got(one.put("a/b/c", bytes("x"), MetaStore.ANY));

        assertThat(got(one.get("nothing/here"))).isEmpty();
        assertThat(got(one.get("a/b"))).as("a mere parent").isEmpty();
    }

    @Test
    void aParentMayHoldAValueToo() throws Exception {
        got(one.put("a/b", bytes("below"), MetaStore.ABSENT));

        got(one.put("a", bytes("above"), MetaStore.ABSENT));

        assertThat(text(got(two.get("a")))).isEqualTo("above");
        assertThat(text(got(two.get("a/b")))).isEqualTo("below");
        refused(ErrorCode.VERSION_CONFLICT, one.put("a", bytes("again"), MetaStore.ABSENT));
    }

    @Test
    void anEmptyValueIsAValue() throws Exception {
        got(one.put("empty", new byte[0], MetaStore.ABSENT));

        assertThat(got(two.get("empty")).orElseThrow().value()).isEmpty();
        refused(ErrorCode.VERSION_CONFLICT, one.put("empty", bytes("x"), MetaStore.ABSENT));
    }

    @Test
    void theVersionGrowsWithEachPutAlsoOverADelete() throws Exception {
        long first = got(one.put("v", bytes("1"), MetaStore.ABSENT));
        long second = got(one.put("v", bytes("2"), first));
        long third = got(one.put("v", bytes("3"), MetaStore.ANY));
        got(one.delete("v", third));
        long fourth = got(one.put("v", bytes("4"), MetaStore.ABSENT));

        assertThat(List.of(first, second, third, fourth)).isSorted().doesNotHaveDuplicates();
        assertThat(first).isNotNegative();
    }

    @Test
    void aPutWithAnotherVersionIsRefusedAndChangesNothing() throws Exception {
        long first = got(one.put("v", bytes("1"), MetaStore.ABSENT));
        long second = got(two.put("v", bytes("2"), first));

        refused(ErrorCode.VERSION_CONFLICT, one.put("v", bytes("x"), first));
        refused(ErrorCode.VERSION_CONFLICT, one.put("v", bytes("x"), MetaStore.ABSENT));
        refused(ErrorCode.VERSION_CONFLICT, one.put("missing", bytes("x"), second));
        assertThat(text(got(one.get("v")))).isEqualTo("2");
        assertThat(got(one.get("missing"))).isEmpty();
    }

    @Test
    void aVersionOfAFormerLifeOfThePathIsRefused() throws Exception {
        long old = got(one.put("v", bytes("1"), MetaStore.ABSENT));
        got(one.delete("v", MetaStore.ANY));
        got(one.put("v", bytes("2"), MetaStore.ABSENT));

        refused(ErrorCode.VERSION_CONFLICT, two.put("v", bytes("x"), old));
        refused(ErrorCode.VERSION_CONFLICT, two.delete("v", old));
    }

    @Test
    void ofManyWhoCreateAPathOneWins() throws Exception {
        List<CompletionStage<Long>> puts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            puts.add((i % 2 == 0 ? one : two).put("race", bytes("by " + i), MetaStore.ABSENT));
        }

        int won = 0;
        for (CompletionStage<Long> put : puts) {
            try {
                got(put);
                won++;
            } catch (EventMeshException lost) {
                assertThat(lost.code()).isEqualTo(ErrorCode.VERSION_CONFLICT);
            }
        }

        assertThat(won).isEqualTo(1);
    }

    @Test
    void aDeletedValueIsGone() throws Exception {
        long version = got(one.put("d/x", bytes("1"), MetaStore.ABSENT));

        refused(ErrorCode.VERSION_CONFLICT, two.delete("d/x", version + 1));
        got(two.delete("d/x", version));

        assertThat(got(one.get("d/x"))).isEmpty();
    }

    @Test
    void deletingWhatIsNotThereSucceedsUnlessAVersionWasExpected() throws Exception {
        got(one.delete("never/was", MetaStore.ANY));

        refused(ErrorCode.VERSION_CONFLICT, one.delete("never/was", 5));
    }

    @Test
    void deletingAValueLeavesWhatIsBelow() throws Exception {
        got(one.put("p", bytes("parent"), MetaStore.ABSENT));
        got(one.put("p/c", bytes("child"), MetaStore.ABSENT));

        got(one.delete("p", MetaStore.ANY));

        assertThat(got(two.get("p"))).isEmpty();
        assertThat(text(got(two.get("p/c")))).isEqualTo("child");
    }

    @Test
    void anIllegalPathIsRefused() {
        List.of("", "/", "/a", "a/", "a//b", "a b", "ä", "a/../b", ".", "a\u0000", "a*")
                .forEach(this::assertRefusedEverywhere);
    }

    private void assertRefusedEverywhere(String path) {
        refused(ErrorCode.REQUEST_INVALID, one.get(path));
        refused(ErrorCode.REQUEST_INVALID, one.put(path, bytes("x"), MetaStore.ANY));
        refused(ErrorCode.REQUEST_INVALID, one.delete(path, MetaStore.ANY));
        refused(ErrorCode.REQUEST_INVALID, one.register(path, bytes("x")));
        assertThatThrownBy(() -> one.watch(path, map -> {}))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.REQUEST_INVALID));
    }

    @Test
    void aValueOf64KibIsKeptAndALargerOneRefused() throws Exception {
        byte[] largest = new byte[64 * 1024];
        largest[largest.length - 1] = 7;

        got(one.put("large", largest, MetaStore.ABSENT));

        assertThat(got(two.get("large")).orElseThrow().value()).isEqualTo(largest);
        refused(ErrorCode.REQUEST_INVALID, one.put("large", new byte[64 * 1024 + 1], MetaStore.ANY));
        refused(ErrorCode.REQUEST_INVALID, one.register("large2", new byte[64 * 1024 + 1]));
    }

    @Test
    void theCallersArrayIsNotKept() throws Exception {
        byte[] mine = bytes("before");

        CompletionStage<Long> put = one.put("copy", mine, MetaStore.ABSENT);
        mine[0] = 'X';
        got(put);

        assertThat(text(got(two.get("copy")))).isEqualTo("before");
    }

    @Test
    void clustersDoNotSeeOneAnother() throws Exception {
        MetaStore other = newStoreOfAnotherCluster();
        opened.add(other);
        other.start();

        got(one.put("same/path", bytes("one"), MetaStore.ABSENT));

        assertThat(got(other.get("same/path"))).isEmpty();
        got(other.put("same/path", bytes("other"), MetaStore.ABSENT));
        assertThat(text(got(one.get("same/path")))).isEqualTo("one");
    }

    @Test
    void aWatchTellsTheWholeMapAtOnceAndAfterEachChange() throws Exception {
        got(one.put("w/a", bytes("1"), MetaStore.ABSENT));
        Told<Map<String, Versioned>> told = new Told<>();

        Handle watch = two.watch("w", told);

        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "1")));
        got(one.put("w/b", bytes("2"), MetaStore.ABSENT));
        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "1", "b", "2")));
        got(one.put("w/a", bytes("3"), MetaStore.ANY));
        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "3", "b", "2")));
        got(one.delete("w/b", MetaStore.ANY));
        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "3")));
        watch.close();
    }

    @Test
    void aWatchOfADirectoryThatIsNotThereTellsAnEmptyMapAndSeesItCome() throws Exception {
        Told<Map<String, Versioned>> told = new Told<>();
        one.watch("later/on", told);
        until(() -> assertThat(told.last()).isEmpty());

        got(two.put("later/on/x", bytes("here"), MetaStore.ABSENT));

        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("x", "here")));
    }

    @Test
    void aWatchShowsOnlyValuesDirectlyBelow() throws Exception {
        got(one.put("w/deep/er", bytes("1"), MetaStore.ABSENT));
        got(one.put("w/x", bytes("2"), MetaStore.ABSENT));
        Told<Map<String, Versioned>> told = new Told<>();

        two.watch("w", told);

        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("x", "2")));
    }

    @Test
    void aWatchTellsInTheOrderInWhichChangesHappened() throws Exception {
        Told<Map<String, Versioned>> told = new Told<>();
        one.watch("n", told);
        for (int i = 0; i < 50; i++) {
            // b is never ahead of a
            got(two.put("n/a", bytes(Integer.toString(i)), MetaStore.ANY));
            got(two.put("n/b", bytes(Integer.toString(i)), MetaStore.ANY));
        }

        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "49", "b", "49")));

        int lastA = -1;
        for (Map<String, Versioned> map : told.all()) {
            int a = number(map.get("a"));
            int b = number(map.get("b"));
            assertThat(a).isGreaterThanOrEqualTo(lastA).isBetween(b, b + 1);
            lastA = a;
        }
        assertThat(told.overlapped()).isFalse();
    }

    @Test
    void aClosedWatchIsSilent() throws Exception {
        Told<Map<String, Versioned>> closed = new Told<>();
        Told<Map<String, Versioned>> open = new Told<>();
        Handle watch = one.watch("w", closed);
        one.watch("w", open);
        until(() -> assertThat(closed.count()).isPositive());

        watch.close();
        watch.close();
        int before = closed.count();
        got(two.put("w/x", bytes("1"), MetaStore.ABSENT));

        until(() -> assertThat(open.last()).containsKey("x"));
        assertThat(closed.count()).isEqualTo(before);
    }

    @Test
    void aListenerThatFailsHurtsNobody() throws Exception {
        Told<Map<String, Versioned>> told = new Told<>();
        one.watch("w", map -> {
            throw new IllegalStateException("a listener's defect, on purpose");
        });
        one.watch("w", told);

        got(two.put("w/x", bytes("1"), MetaStore.ABSENT));

        until(() -> assertThat(told.last()).containsKey("x"));
        assertThat(text(got(one.get("w/x")))).isEqualTo("1");
    }

    @Test
    void aRegistrationIsVisibleWhenItsStageCompletesAndGoneWhenClosed() throws Exception {
        Registration registration = got(one.register("runtimes/a", bytes("here")));

        assertThat(text(got(two.get("runtimes/a")))).isEqualTo("here");
        registration.close();
        registration.close();
        until(() -> assertThat(got(two.get("runtimes/a"))).isEmpty());
    }

    @Test
    void aRegistrationsValueMayChange() throws Exception {
        Told<Map<String, Versioned>> told = new Told<>();
        two.watch("runtimes", told);
        Registration registration = got(one.register("runtimes/a", bytes("1")));

        got(registration.update(bytes("2")));

        assertThat(text(got(two.get("runtimes/a")))).isEqualTo("2");
        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("a", "2")));
    }

    @Test
    void aRegistrationGoesWithItsStore() throws Exception {
        got(one.register("runtimes/a", bytes("1")));

        one.close();

        assertThat(got(two.get("runtimes/a"))).isEmpty();
    }

    @Test
    void aRegistrationOfAnEarlierProcessIsReplaced() throws Exception {
        got(one.register("runtimes/a", bytes("earlier")));

        got(two.register("runtimes/a", bytes("later")));

        assertThat(text(got(two.get("runtimes/a")))).isEqualTo("later");
        one.close();
        assertThat(text(got(two.get("runtimes/a"))))
                .as("it is the later one's own")
                .isEqualTo("later");
    }

    @Test
    void aLastingValueIsNotReplacedByARegistration() throws Exception {
        got(one.put("runtimes/a", bytes("lasting"), MetaStore.ABSENT));

        refused(ErrorCode.ALREADY_EXISTS, two.register("runtimes/a", bytes("x")));
        assertThat(text(got(one.get("runtimes/a")))).isEqualTo("lasting");
    }

    @Test
    void afterALostSessionRegistrationsAreBackAndWatchesResynchronised() throws Exception {
        Registration registration = got(one.register("runtimes/a", bytes("1")));
        Told<Map<String, Versioned>> told = new Told<>();
        one.watch("w", told);
        Told<Map<String, Versioned>> seenByTwo = new Told<>();
        two.watch("runtimes", seenByTwo);
        until(() -> assertThat(texts(seenByTwo.last())).isEqualTo(Map.of("a", "1")));
        long before = got(two.get("runtimes/a")).orElseThrow().version();

        expireSession(one);

        until(() -> assertThat(got(two.get("runtimes/a")))
                .hasValueSatisfying(now -> assertThat(now.version()).isGreaterThan(before)));
        got(two.put("w/x", bytes("after"), MetaStore.ABSENT));
        until(() -> assertThat(texts(told.last())).isEqualTo(Map.of("x", "after")));
        got(registration.update(bytes("2")));
        until(() -> assertThat(texts(seenByTwo.last())).isEqualTo(Map.of("a", "2")));
    }

    @Test
    void aCandidateAloneLeadsAndTheNextFollowsIt() throws Exception {
        ToldLeadership first = new ToldLeadership();
        ToldLeadership second = new ToldLeadership();
        Told<Optional<byte[]>> leader = new Told<>();
        two.watchLeader("admin/leader", leader);
        until(() -> assertThat(leader.last()).isEmpty());

        Handle candidacy = one.elect("admin/leader", bytes("one:1"), first);
        until(() -> assertThat(first.events()).containsExactly("gained"));
        until(() -> assertThat(text(leader)).isEqualTo("one:1"));
        two.elect("admin/leader", bytes("two:2"), second);
        until(() -> assertThat(candidates()).isEqualTo(2));
        assertThat(second.events()).isEmpty();
        assertThat(text(leader)).isEqualTo("one:1");

        candidacy.close();
        candidacy.close();

        until(() -> assertThat(second.events()).containsExactly("gained"));
        until(() -> assertThat(text(leader)).isEqualTo("two:2"));
        two.close();
        assertThat(second.events()).containsExactly("gained", "lost");
    }

    @Test
    void whenNobodyLeadsTheWatchSaysSo() throws Exception {
        Told<Optional<byte[]>> leader = new Told<>();
        two.watchLeader("admin/leader", leader);
        Handle candidacy = one.elect("admin/leader", bytes("one:1"), new ToldLeadership());
        until(() -> assertThat(text(leader)).isEqualTo("one:1"));

        candidacy.close();

        until(() -> assertThat(leader.last()).isEmpty());
    }

    @Test
    void aLeaderWhoseSessionIsLostIsToldAndStandsAgain() throws Exception {
        ToldLeadership first = new ToldLeadership();
        one.elect("admin/leader", bytes("one:1"), first);
        until(() -> assertThat(first.events()).containsExactly("gained"));

        expireSession(one);

        until(() -> assertThat(first.events()).containsExactly("gained", "lost", "gained"));
    }

    @Test
    void aLeaderWhoseConnectionIsAwayForTooLongIsToldAndLeadsAgainAfterwards() throws Exception {
        ToldLeadership first = new ToldLeadership();
        one.elect("admin/leader", bytes("one:1"), first);
        until(() -> assertThat(first.events()).containsExactly("gained"));

        stopBacking();
        until(() -> assertThat(first.events()).containsExactly("gained", "lost"));
        resumeBacking();

        until(() -> assertThat(first.events()).containsExactly("gained", "lost", "gained"));
    }

    @Test
    void aFollowerTakesOverFromALeaderWhoseSessionIsLost() throws Exception {
        ToldLeadership first = new ToldLeadership();
        ToldLeadership second = new ToldLeadership();
        one.elect("admin/leader", bytes("one:1"), first);
        until(() -> assertThat(first.events()).containsExactly("gained"));
        two.elect("admin/leader", bytes("two:2"), second);
        until(() -> assertThat(candidates()).isEqualTo(2));

        expireSession(one);

        until(() -> assertThat(second.events()).containsExactly("gained"));
        until(() -> assertThat(first.events()).containsExactly("gained", "lost"));
        until(() -> assertThat(candidates()).isEqualTo(2));
        two.close();
        until(() -> assertThat(first.events()).containsExactly("gained", "lost", "gained"));
    }

    @Test
    void theConnectionIsToldAtOnceAndWhenItGoesAndComesBack() throws Exception {
        Told<Boolean> told = new Told<>();
        Handle watch = one.watchConnection(told);
        until(() -> assertThat(told.all()).containsExactly(true));
        assertThat(one.connected()).isTrue();

        stopBacking();
        until(() -> assertThat(told.all()).containsExactly(true, false));
        assertThat(one.connected()).isFalse();
        assertThat(one.health().state()).isEqualTo(Health.State.DEGRADED);
        resumeBacking();

        until(() -> assertThat(told.all()).containsExactly(true, false, true));
        until(() -> assertThat(one.health().state()).isEqualTo(Health.State.UP));
        watch.close();
    }

    @Test
    void withoutTheBackingCallsFailInTimeAndWatchesKeepWhatTheyKnow() throws Exception {
        got(one.put("w/x", bytes("1"), MetaStore.ABSENT));
        Told<Map<String, Versioned>> told = new Told<>();
        one.watch("w", told);
        until(() -> assertThat(told.count()).isEqualTo(1));

        stopBacking();

        refused(ErrorCode.META_UNAVAILABLE, one.get("w/x"));
        refused(ErrorCode.META_UNAVAILABLE, one.put("w/x", bytes("2"), MetaStore.ANY));
        refused(ErrorCode.META_UNAVAILABLE, one.register("runtimes/b", bytes("2")));
        assertThat(told.count()).isEqualTo(1);
        resumeBacking();
        until(() -> assertThat(got(one.get("w/x"))).isPresent());
    }

    @Test
    void aValueUpdatedWhileTheBackingIsAwayIsRegisteredWhenItIsBack() throws Exception {
        Registration registration = got(one.register("runtimes/a", bytes("1")));
        stopBacking();

        refused(ErrorCode.META_UNAVAILABLE, registration.update(bytes("2")));
        resumeBacking();

        until(() -> assertThat(text(got(two.get("runtimes/a")))).isEqualTo("2"));
    }

    @Test
    void aStartWithoutABackingFailsAndLeavesNothing() throws Exception {
        MetaStore store = newStoreWithoutBacking();

        assertThatThrownBy(store::start)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.META_UNAVAILABLE));

        assertThat(store.connected()).isFalse();
        store.close();
    }

    @Test
    void aStoreThatIsNotRunningRefuses() throws Exception {
        MetaStore store = newStore();
        refused(ErrorCode.META_UNAVAILABLE, store.get("a"));
        assertThat(store.connected()).isFalse();
        assertThat(store.health().state()).isEqualTo(Health.State.DOWN);
        store.start();
        assertThat(store.health().state()).isEqualTo(Health.State.UP);

        store.close();
        store.close();

        refused(ErrorCode.META_UNAVAILABLE, store.get("a"));
        refused(ErrorCode.META_UNAVAILABLE, store.register("a", bytes("x")));
        assertThat(store.connected()).isFalse();
        assertThat(store.health().state()).isEqualTo(Health.State.DOWN);
    }

    @Test
    void noThreadIsLeftAfterClose() throws Exception {
        List<Thread> before = threads();
        MetaStore store = newStore();
        store.start();
        store.watch("w", map -> {});
        got(store.register("runtimes/z", bytes("1")));

        store.close();

        // threads of the backing come and go with connections, those of the store end
        List<Thread> after = threads();
        after.removeAll(before);
        assertThat(after).filteredOn(thread -> !ofTheBacking(thread)).isEmpty();
    }

    /** Whether a thread belongs to a backing that runs in the test's process. */
    protected boolean ofTheBacking(Thread thread) {
        return false;
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private int candidates() {
        Told<Map<String, Versioned>> told = new Told<>();
        Handle watch = two.watch("admin/leader", told);
        until(() -> assertThat(told.count()).isPositive());
        watch.close();
        return told.last().size();
    }

    /** What a stage answers; its failure as the exception of ours. */
    protected static <T> T got(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(SOON.toMillis(), MILLISECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new AssertionError("no answer (expected: one within " + SOON + ")", late);
        }
    }

    private static void refused(ErrorCode code, CompletionStage<?> stage) {
        assertThatThrownBy(() -> got(stage))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    /** Waits until the assertion holds. */
    protected static void until(ThrowingRunnable assertion) {
        await().ignoreExceptions()
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(assertion);
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static int number(@Nullable Versioned value) {
        return value == null ? -1 : Integer.parseInt(new String(value.value(), UTF_8));
    }

    private static String text(Optional<Versioned> value) {
        return new String(value.orElseThrow().value(), UTF_8);
    }

    private static String text(Told<Optional<byte[]>> leader) {
        return new String(leader.last().orElseThrow(), UTF_8);
    }

    private static Map<String, String> texts(Map<String, Versioned> map) {
        return map.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> new String(entry.getValue().value(), UTF_8)));
    }
}
