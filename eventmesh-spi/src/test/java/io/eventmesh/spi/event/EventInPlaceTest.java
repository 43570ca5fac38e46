package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** An event in the middle of an array is the same event as one that has an array of its own. */
class EventInPlaceTest {
    private static final long SEED = Seed.next();

    @Test
    void anEventWithinOtherBytesTellsAndGivesTheSame() throws IOException {
        RandomEvents events = new RandomEvents(SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        PassingEvent passing = new PassingEvent();
        for (int i = 0; i < 2_000; i++) {
            Event alone = events.next();
            byte[] own = alone.toByteArray();
            byte[] array = new byte[own.length + random.nextInt(1, 40)];
            random.nextBytes(array);
            int offset = random.nextInt(array.length - own.length + 1);
            System.arraycopy(own, 0, array, offset, own.length);
            Event within = passing.at(array, offset, own.length);

            assertSame(within, alone);
            assertSame(within.compact(), alone);
            Set<String> some = new HashSet<>(alone.attributeNames());
            some.removeIf(name -> random.nextInt(3) == 0);
            assertSame(within.without(some), alone.without(some));
            assertSame(within.with(Map.of("added", "x")), alone.with(Map.of("added", "x")));
        }
    }

    private static void assertSame(Event found, Event expected) throws IOException {
        byte[] bytes = expected.toByteArray();
        assertThat(found.toByteArray()).isEqualTo(bytes);
        assertThat(found.size()).isEqualTo(bytes.length);
        assertThat(found.asReadOnlyBuffer()).isEqualTo(ByteBuffer.wrap(bytes));
        assertThat(found.toByteString().toByteArray()).isEqualTo(bytes);
        assertThat(found.newInputStream().readAllBytes()).isEqualTo(bytes);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        found.writeTo(out);
        assertThat(out.toByteArray()).isEqualTo(bytes);
        ByteBuffer buffer = ByteBuffer.allocate(bytes.length + 2).position(1);
        found.writeTo(buffer);
        assertThat(buffer.flip().position(1)).isEqualTo(ByteBuffer.wrap(bytes));

        assertThat(found.id()).isEqualTo(expected.id());
        assertThat(found.source()).isEqualTo(expected.source());
        assertThat(found.specVersion()).isEqualTo(expected.specVersion());
        assertThat(found.type()).isEqualTo(expected.type());
        assertThat(found.attributeNames()).isEqualTo(expected.attributeNames());
        for (String name : expected.attributeNames()) {
            assertThat(found.attribute(name)).isEqualTo(expected.attribute(name));
        }
        assertThat(found.dataKind()).isEqualTo(expected.dataKind());
        assertThat(found.data()).isEqualTo(expected.data());
        assertThat(found.parse()).isEqualTo(expected.parse());
    }
}
