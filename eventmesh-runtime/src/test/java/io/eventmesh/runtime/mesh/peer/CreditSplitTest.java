package io.eventmesh.runtime.mesh.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CreditSplitTest {
    private final CreditSplit split = new CreditSplit();

    /** A runtime at the end of a wire: what it is told comes late, and so does what it says. */
    private final class Far implements CreditSplit.Tap {
        private final ArrayDeque<Runnable> toIt = new ArrayDeque<>();
        private final ArrayDeque<Runnable> fromIt = new ArrayDeque<>();
        private CreditSplit.Share share = split.open(this);
        private long events;
        private long bytes;
        private boolean told;
        private int delivered;

        @Override
        public void grant(int more, long moreBytes) {
            toIt.add(() -> {
                events += more;
                bytes += moreBytes;
                told = false;
            });
        }

        @Override
        public void recall() {
            toIt.add(() -> {
                long backEvents = events;
                long backBytes = bytes;
                events = 0;
                bytes = 0;
                fromIt.add(() -> split.returned(share, backEvents, backBytes));
            });
        }

        /** Has an event to deliver; answers whether it could. */
        boolean has(int size) {
            if (events > 0 && bytes > 0) {
                events--;
                bytes -= size;
                delivered++;
                fromIt.add(() -> split.delivered(share, size));
                return true;
            }
            if (!told) {
                told = true;
                fromIt.add(() -> split.wanting(share));
            }
            return false;
        }

        boolean move() {
            Runnable next = toIt.poll();
            if (next == null) {
                next = fromIt.poll();
            }
            if (next != null) {
                next.run();
            }
            return next != null;
        }
    }

    private static void settle(List<Far> runtimes) {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Far each : runtimes) {
                moved |= each.move();
            }
        }
    }

    @Test
    void oneAloneHasAll() {
        Far only = new Far();

        split.add(10, 100);
        settle(List.of(only));

        assertThat(only.events).isEqualTo(10);
        assertThat(only.bytes).isEqualTo(100);
    }

    @Test
    void eachHasAnEvenPartBeforehand() {
        List<Far> both = List.of(new Far(), new Far());

        split.add(10, 100);
        settle(both);

        assertThat(both).extracting(each -> each.events).containsExactly(5L, 5L);
        assertThat(both).extracting(each -> each.bytes).containsExactly(50L, 50L);
    }

    @Test
    void aSingleCreditGoesWhereSomethingWaits() {
        Far idle = new Far();
        Far busy = new Far();
        List<Far> both = List.of(idle, busy);
        split.add(1, 1_000);
        settle(both);

        for (int i = 0; i < 5; i++) {
            boolean delivered = busy.has(10);
            settle(both);
            assertThat(delivered || busy.has(10)).isTrue();
            settle(both);
            split.add(1, 10);
            settle(both);
        }

        assertThat(busy.delivered).isEqualTo(5);
        assertThat(split.events()).isEqualTo(1);
    }

    @Test
    void oneThatWantedBeforeThereWasAnyCreditIsNotForgotten() {
        Far one = new Far();
        assertThat(one.has(1)).isFalse();
        settle(List.of(one));
        Far other = new Far();

        split.add(1, 100);
        settle(List.of(one, other));

        assertThat(one.has(1)).isTrue();
    }

    /** As the mesh's doors do it: bytes are granted in larger pieces, long after the events. */
    @Test
    void nobodyWaitsWhileThereAreEventsAndBytes() {
        for (int seed = 0; seed < 300; seed++) {
            piecewise(new Random(seed));
        }
    }

    private static void piecewise(Random random) {
        CreditSplitTest test = new CreditSplitTest();
        List<Far> runtimes = new ArrayList<>(List.of(test.new Far()));
        test.split.add(64, 10_000);
        long spent = 0;
        for (int step = 0; step < 600; step++) {
            Far one = runtimes.get(random.nextInt(runtimes.size()));
            int choice = random.nextInt(6);
            if (choice < 3) {
                boolean got = one.has(10);
                spent += got ? 10 : 0;
                if (got && random.nextBoolean()) {
                    test.split.add(1, 0);
                }
            } else if (choice == 3 && runtimes.size() < 3) {
                runtimes.add(test.new Far());
            } else {
                one.move();
            }
            if (spent > 5_000) {
                test.split.add(0, spent);
                spent = 0;
            }
        }
        settle(runtimes);
        while (test.split.events() > 0 && test.split.bytes() > 0) {
            long before = test.split.events();
            for (int turn = 0; turn < 3; turn++) {
                runtimes.forEach(each -> each.has(10));
                settle(runtimes);
            }
            assertThat(test.split.events()).as("credit lies idle").isLessThan(before);
        }
    }

    @Test
    void whatARuntimeHadIsFreeWhenItIsGone() {
        Far one = new Far();
        Far other = new Far();
        split.add(10, 100);
        settle(List.of(one, other));

        split.close(other.share);
        settle(List.of(one));

        assertThat(one.events).isEqualTo(10);
        assertThat(one.bytes).isEqualTo(100);
    }

    @Test
    void bytesWithoutBoundStayWithoutBound() {
        List<Far> both = List.of(new Far(), new Far());
        split.add(100, Long.MAX_VALUE);
        settle(both);

        for (int i = 0; i < 1_000; i++) {
            Far each = both.get(i % 2);
            if (!each.has(1 << 20)) {
                settle(both);
            }
            split.add(1, 1 << 20);
            settle(both);
        }

        assertThat(both.get(0).delivered + both.get(1).delivered).isGreaterThan(900);
        assertThat(split.bytes()).isGreaterThan(1L << 60);
    }

    /** Whatever happens in whichever order, nobody delivers what was not granted, and what was is not lost. */
    @Test
    void theSumIsWhatWasGranted() {
        for (int seed = 0; seed < 300; seed++) {
            histories(new Random(seed));
        }
    }

    private static void histories(Random random) {
        CreditSplitTest test = new CreditSplitTest();
        List<Far> runtimes = new ArrayList<>();
        runtimes.add(test.new Far());
        long granted = 0;
        long lost = 0;
        for (int step = 0; step < 400; step++) {
            Far one = runtimes.get(random.nextInt(runtimes.size()));
            switch (random.nextInt(8)) {
                case 0 -> {
                    int more = 1 + random.nextInt(3);
                    granted += more;
                    test.split.add(more, 100L * more);
                }
                case 1, 2 -> one.has(1 + random.nextInt(150));
                case 3 -> {
                    if (runtimes.size() < 4) {
                        runtimes.add(test.new Far());
                    }
                }
                case 4 -> {
                    if (runtimes.size() > 1 && random.nextInt(5) == 0) {
                        // what it delivered and nobody heard of is not in flight with the member
                        lost += one.delivered;
                        runtimes.remove(one);
                        while (!one.fromIt.isEmpty()) {
                            one.fromIt.poll().run();
                        }
                        test.split.close(one.share);
                    }
                }
                default -> one.move();
            }
            long delivered =
                    lost + runtimes.stream().mapToLong(each -> each.delivered).sum();
            assertThat(delivered).isLessThanOrEqualTo(granted);
        }
        settle(runtimes);
        long delivered =
                lost + runtimes.stream().mapToLong(each -> each.delivered).sum();
        assertThat(test.split.events()).isEqualTo(granted - delivered);
        long left = granted - delivered;
        test.split.add(0, 1_000_000);
        Far one = runtimes.get(0);
        for (int i = 0; i < left; i++) {
            settle(runtimes);
            if (!one.has(1)) {
                settle(runtimes);
                assertThat(one.has(1))
                        .as("the last credit gets where it is wanted")
                        .isTrue();
            }
        }
        settle(runtimes);
        assertThat(test.split.events()).isZero();
    }
}
