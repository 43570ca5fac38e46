package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReservedAttributesTest {
    @Test
    void namesOfTheMeshAndOfDeadLettersAreReserved() {
        assertThat(ReservedAttributes.isReserved("meshreplyto")).isTrue();
        assertThat(ReservedAttributes.isReserved("mesh")).isTrue();
        assertThat(ReservedAttributes.DEAD_LETTER).hasSize(12).allMatch(ReservedAttributes::isReserved);
    }

    @Test
    void otherNamesAreNot() {
        assertThat(ReservedAttributes.isReserved("dl")).isFalse();
        assertThat(ReservedAttributes.isReserved("dlx")).isFalse();
        assertThat(ReservedAttributes.isReserved("subject")).isFalse();
        assertThat(ReservedAttributes.isReserved("amesh")).isFalse();
    }
}
