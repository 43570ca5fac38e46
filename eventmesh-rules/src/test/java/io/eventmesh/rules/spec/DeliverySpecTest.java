package io.eventmesh.rules.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeliverySpecTest {
    private static DeliverySpec read(String delivery) {
        List<Field> problems = new ArrayList<>();
        DeliverySpec spec = DeliverySpec.read(Given.section("{'delivery':" + delivery + "}", problems));
        assertThat(problems).isEmpty();
        return spec;
    }

    private static DeliveryPolicy policy(String delivery) {
        return read(delivery).over(DeliverySpec.defaults());
    }

    @Test
    void whatNobodySaysIsTriedFiveTimesWithinSeconds() {
        DeliveryPolicy policy = policy("{}");

        assertThat(policy).isEqualTo(DeliverySpec.defaults());
        assertThat(policy.getMaxAttempts()).isEqualTo(5);
        assertThat(policy.getInitialDelayMs()).isEqualTo(200);
        assertThat(policy.getMultiplier()).isEqualTo(2);
        assertThat(policy.getMaxDelayMs()).isEqualTo(30_000);
        assertThat(policy.getJitter()).isEqualTo(DeliveryPolicy.Jitter.JITTER_FULL);
        assertThat(policy.getMaxAgeMs()).isZero();
    }

    @Test
    void aNamedPolicyLastsADayUnlessAnAgeIsSaid() {
        DeliveryPolicy day = policy("{'retry':'EXPONENTIAL_DECAY_RETRY'}");
        DeliveryPolicy hour = policy("{'maxAge':'PT1H','retry':'EXPONENTIAL_DECAY_RETRY'}");

        assertThat(day.getMaxAttempts()).isEqualTo(176);
        assertThat(day.getMaxDelayMs()).isEqualTo(512_000);
        assertThat(day.getMaxAgeMs()).isEqualTo(86_400_000);
        assertThat(hour.getMaxAgeMs()).isEqualTo(3_600_000);
    }

    @Test
    void regularIntervalsAreTenToTwentySeconds() {
        DeliveryPolicy policy = policy("{'retry':'REGULAR_INTERVAL_RETRY'}");

        assertThat(policy.getMaxAttempts()).isEqualTo(3);
        assertThat(policy.getInitialDelayMs()).isEqualTo(20_000);
        assertThat(policy.getMultiplier()).isEqualTo(1);
        assertThat(policy.getJitter()).isEqualTo(DeliveryPolicy.Jitter.JITTER_EQUAL);
    }

    @Test
    void retryIsOneThing() {
        DeliveryPolicy bus = policy("{'retry':{'maxAttempts':50,'retryOn':[429]},'maxAge':'PT1H'}");

        DeliveryPolicy target = read("{'retry':{'initialDelay':'PT1M'}}").over(bus);

        assertThat(bus.getRetryOnList()).containsExactly(429);
        assertThat(target.getMaxAttempts()).isEqualTo(5);
        assertThat(target.getRetryOnList()).isEmpty();
        assertThat(target.getInitialDelayMs()).isEqualTo(60_000);
        assertThat(target.getMaxDelayMs()).isEqualTo(60_000);
        assertThat(target.getMaxAgeMs()).isEqualTo(3_600_000);
    }

    @Test
    void aRetryAfterMayBeSwitchedOff() {
        assertThat(policy("{'retry':{'retryAfterMax':'PT0S'}}").getRetryAfterMaxMs())
                .isZero();
    }

    @Test
    void whatWasReadIsWrittenSoThatItReadsTheSame() {
        String all = "{'retry':{'maxAttempts':7,'jitter':'EQUAL'},'maxAge':'PT2H','timeout':'PT3S',"
                + "'orderingKey':'subject','batch':{'events':10},'maxInFlight':2,'rate':0.5,"
                + "'breaker':{'failures':4},'tolerance':'NONE','deadLetter':{'topic':'lost/ones'}}";
        DeliverySpec read = read(all);

        DeliverySpec again = read(read.json().toString());

        assertThat(again).isEqualTo(read);
        assertThat(again.over(DeliverySpec.defaults())).isEqualTo(read.over(DeliverySpec.defaults()));
    }
}
