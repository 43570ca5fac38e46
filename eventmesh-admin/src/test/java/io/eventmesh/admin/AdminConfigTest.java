package io.eventmesh.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdminConfigTest {
    private static final AdminConfig CONFIG = AdminProcess.config(Duration.ofSeconds(15));

    @Test
    void aSessionThatIsShorterThanTheLeaseIsFine() {
        assertThat(CONFIG.doubt(Duration.ZERO)).isEmpty();
        assertThat(CONFIG.doubt(Duration.ofMillis(14_999))).isEmpty();
    }

    @Test
    void aSessionThatIsNotShorterThanTheLeaseIsTold() {
        assertThat(CONFIG.doubt(Duration.ofSeconds(15)))
                .contains(
                        "admin.lease: 15s (expected: longer than the meta store's session time-out 15s, else tasks end"
                                + " before another admin can lead)");
        assertThat(CONFIG.doubt(Duration.ofMillis(15_500)).orElseThrow()).contains("15500ms");
    }
}
