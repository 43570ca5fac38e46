package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
    /** Against a map that does the same with a node for each. */
    @Test
    void itRemembersWhatAMapOfTheSameSizeDoes() {
        Random random = new Random(7);
        for (int most : new int[] {1, 2, 5, 64, 100, 1_000}) {
            RecentIds ids = new RecentIds(most);
            Map<Long, Long> numberOf = new LinkedHashMap<>();
            long added = 0;
            for (int step = 0; step < 20_000; step++) {
                long id = random.nextInt(most * 2);
                // low halves that fall on each other
                long low = id / 3;
                if (random.nextInt(10) == 0) {
                    Long number = numberOf.get(id);
                    if (number != null) {
                        ids.forget(number);
                        numberOf.remove(id);
                    }
                } else {
                    assertThat(ids.add(id, low)).isEqualTo(added);
                    numberOf.put(id, added);
                    long oldest = added++ - most;
                    numberOf.values().removeIf(number -> number <= oldest);
                }
                long asked = random.nextInt(most * 2);
                assertThat(ids.find(asked, asked / 3)).isEqualTo(numberOf.getOrDefault(asked, RecentIds.NONE));
            }
        }
    }

    @Test
    void aPlaceStaysWithItsIdWhileOthersComeAndTheTableGrows() {
        RecentIds ids = new RecentIds(1_000);
        long first = ids.add(1, 1);
        assertThat(ids.offset(first)).isEqualTo(RecentIds.NONE);
        ids.stored(first, 3, 4_711);
        for (int i = 2; i <= 1_000; i++) {
            ids.add(i, i);
        }

        assertThat(ids.find(1, 1)).isEqualTo(first);
        assertThat(ids.offset(first)).isEqualTo(4_711);
        assertThat(ids.place(first)).isEqualTo(3);

        ids.add(0, 0);
        assertThat(ids.find(1, 1)).isEqualTo(RecentIds.NONE);
        ids.stored(first, 9, 9);
        assertThat(ids.offset(ids.find(0, 0))).isEqualTo(RecentIds.NONE);
    }
}
