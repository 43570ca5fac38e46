package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NameHeadTest {
    private static final long SEED = Seed.next();
    private static final String EDGES = "`az{/09:@AZ[\u0000\u007F~ä";

    @Test
    void aHeadDependsOnTheNamesBytesAlone() {
        byte[] name = "datacontenttype".getBytes(UTF_8);
        for (int length = 0; length <= name.length; length++) {
            byte[] alone = Arrays.copyOf(name, length);
            byte[] within = ("??" + new String(alone, UTF_8) + "????????").getBytes(UTF_8);

            assertThat(NameHead.of(within, 2, length)).as("%d", length).isEqualTo(NameHead.of(alone, 0, length));
        }
        assertThat(NameHead.of(name, 0, 8)).isEqualTo(NameHead.of(name, 0, 9)).isNotEqualTo(NameHead.of(name, 0, 7));
    }

    @Test
    void looksAtAllBytesAsAtEachOne() {
        SplittableRandom random = new SplittableRandom(SEED);
        int good = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] name = new byte[random.nextInt(1, 12)];
            for (int at = 0; at < name.length; at++) {
                name[at] = (byte)
                        (random.nextInt(8) == 0
                                ? EDGES.charAt(random.nextInt(EDGES.length()))
                                : "abyz0189".charAt(random.nextInt(8)));
            }
            boolean expected = true;
            for (int at = 0; at < Math.min(name.length, NameHead.LENGTH); at++) {
                expected &= (name[at] >= 'a' && name[at] <= 'z') || (name[at] >= '0' && name[at] <= '9');
            }
            long head = NameHead.of(name, 0, name.length);

            assertThat(NameHead.isLowerCaseOrDigits(head, name.length))
                    .as("seed %d: %s", SEED, Arrays.toString(name))
                    .isEqualTo(expected);
            good += expected ? 1 : 0;
        }
        assertThat(good).isBetween(2_000, 18_000);
    }
}
