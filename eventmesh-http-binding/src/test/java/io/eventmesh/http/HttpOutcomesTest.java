package io.eventmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpOutcomesTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:30Z");

    private static String name(Outcome outcome) {
        return outcome.getClass().getSimpleName();
    }

    /** Every status that there can be, by the tables of the specifications. */
    @Test
    void eachStatusMeansWhatTheSpecificationsSay() {
        for (int status = 100; status <= 999; status++) {
            String expected;
            if (status >= 200 && status <= 299) {
                expected = "Done";
            } else if (status == 410) {
                expected = "Stop";
            } else if (Set.of(404, 408, 409, 429).contains(status) || status >= 500) {
                expected = "Again";
            } else {
                expected = "Never";
            }
            assertThat(name(HttpOutcomes.of(status, null, NOW)))
                    .as("status %d", status)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "100, Never", "101, Never", "200, Done", "202, Done", "204, Done", "299, Done", "300, Never", "301, Never",
        "302, Never", "303, Never", "304, Never", "307, Never", "308, Never", "400, Never", "401, Never", "402, Never",
        "403, Never", "404, Again", "405, Never", "406, Never", "407, Never", "408, Again", "409, Again", "410, Stop",
        "411, Never", "412, Never", "413, Never", "414, Never", "415, Never", "417, Never", "421, Never", "422, Never",
        "423, Never", "425, Never", "426, Never", "428, Never", "429, Again", "431, Never", "451, Never", "500, Again",
        "501, Again", "502, Again", "503, Again", "504, Again", "505, Again", "507, Again", "511, Again"
    })
    void theTable(int status, String outcome) {
        assertThat(name(HttpOutcomes.of(status, null, NOW))).isEqualTo(outcome);
    }

    @Test
    void aPolicysCodesTakeThePlaceOfTheUsualOnesBut410() {
        Set<Integer> codes = Set.of(401, 425, 503, 410, 200);
        for (int status = 100; status <= 599; status++) {
            String expected;
            if (status >= 200 && status <= 299) {
                expected = "Done";
            } else if (status == 410) {
                expected = "Stop";
            } else {
                expected = codes.contains(status) ? "Again" : "Never";
            }
            assertThat(name(HttpOutcomes.of(status, null, NOW, codes, Duration.ofHours(1))))
                    .as("status %d", status)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "429|7|PT1H|PT7S",
                "503|7|PT1H|PT7S",
                "500|7|PT1H|PT0S",
                "404|7|PT1H|PT0S",
                "503| 7 |PT1H|PT7S",
                "503|7200|PT1H|PT1H",
                "503|7200|PT3H|PT2H",
                "503|7|PT5S|PT5S",
                "503|7|PT0S|PT0S",
                "503|99999999999999|PT1H|PT1H",
                "503|-7|PT1H|PT0S",
                "503|1.5|PT1H|PT0S",
                "503|soon|PT1H|PT0S",
                "503||PT1H|PT0S",
                "503|-|PT1H|PT0S",
                "503|Sun, 06 Nov 1994 08:49:37 GMT|PT1H|PT7S",
                "503|Sun, 06 Nov 1994 08:49:37 GMT|PT3S|PT3S",
                "503|Sun, 06 Nov 1994 08:49:00 GMT|PT1H|PT0S",
                "503|Mon, 07 Nov 1994 08:49:37 GMT|PT1H|PT1H",
                "503|Mon, 07 Nov 1994 08:49:30 GMT|PT48H|PT24H",
                "503|Mon, 06 Nov 1994 08:49:37 GMT|PT1H|PT0S",
                "503|1994-11-06T08:49:37Z|PT1H|PT0S"
            })
    void retryAfterIsSecondsOrADateAndBounded(int status, String value, Duration max, Duration delay) {
        Outcome outcome = HttpOutcomes.of(status, value, NOW, Set.of(), max);

        assertThat(((Outcome.Again) outcome).delay()).isEqualTo(delay);
    }
}
