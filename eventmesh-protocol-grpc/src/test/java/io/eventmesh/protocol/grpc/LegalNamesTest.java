package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import org.junit.jupiter.api.Test;

class LegalNamesTest {
    private static EventBuilder event() {
        return Event.builder().id("1").source("/").type("t").text("x");
    }

    @Test
    void anEventOfLegalNamesStaysTheSame() {
        Event event = event().attribute("region", "eu")
                .attribute("time", "2025-01-01T00:00:00Z")
                .build();

        assertThat(LegalNames.of(event)).isSameAs(event);
    }

    @Test
    void namesBecomeLowerCaseAndLoseWhatCloudEventsForbids() {
        Event legal = LegalNames.of(event().attribute("trace_Id", "1")
                .attribute("X-Region", "eu")
                .attribute("plain", "p")
                .build());

        assertThat(legal.attribute("traceid")).isEqualTo("1");
        assertThat(legal.attribute("xregion")).isEqualTo("eu");
        assertThat(legal.attribute("plain")).isEqualTo("p");
        assertThat(legal.attributeNames()).containsExactlyInAnyOrder("traceid", "xregion", "plain", "eventmeshnames");
        assertThat(legal.attribute("eventmeshnames")).isEqualTo("{\"xregion\":\"X-Region\",\"traceid\":\"trace_Id\"}");
        legal.requirePublishable();
    }

    @Test
    void twoNamesThatBecomeTheSameAreTakenApartTheSameWayAlways() {
        Event one = LegalNames.of(event().attribute("Id_1", "a")
                .attribute("id1", "legal")
                .attribute("ID1", "b")
                .build());
        Event other = LegalNames.of(event().attribute("ID1", "b")
                .attribute("Id_1", "a")
                .attribute("id1", "legal")
                .build());

        for (Event legal : new Event[] {one, other}) {
            assertThat(legal.attribute("id1")).isEqualTo("legal");
            assertThat(legal.attribute("id12")).isEqualTo("b");
            assertThat(legal.attribute("id13")).isEqualTo("a");
        }
    }

    @Test
    void whatMeansSomethingElseToCloudEventsGivesWay() {
        Event legal = LegalNames.of(event().attribute("type", "gold")
                .attribute("ID", "7")
                .attribute("Subject", "s")
                .attribute("time", "yesterday")
                .attribute("dataschema", "")
                .attribute("partitionkey", "")
                .attribute("SeqNum", "n")
                .build());

        assertThat(legal.type()).isEqualTo("t");
        assertThat(legal.attribute("type2")).isEqualTo("gold");
        assertThat(legal.attribute("id2")).isEqualTo("7");
        assertThat(legal.attribute("subject2")).isEqualTo("s");
        assertThat(legal.attribute("time2")).isEqualTo("yesterday");
        assertThat(legal.attribute("dataschema2")).isEmpty();
        assertThat(legal.attribute("partitionkey2")).isEmpty();
        assertThat(legal.attribute("seqnum2")).isEqualTo("n");
        legal.requirePublishable();
    }

    @Test
    void aKeyOfAnySpellingKeepsTheOrder() {
        Event legal = LegalNames.of(event().attribute("partitionKey", "k").build());

        assertThat(legal.partitionKey()).isEqualTo("k");
    }

    @Test
    void credentialsAndTheMeshsOwnNamesAreCutInAnySpelling() {
        Event legal = LegalNames.of(event().attribute("Pass_Wd", "secret")
                .attribute("USERNAME", "me")
                .attribute("Token", "secret")
                .attribute("MeshReplyTo", "a/b")
                .attribute("DL_reason", "x")
                .build());

        assertThat(legal.attributeNames()).isEmpty();
        assertThat(legal.parse().toString()).doesNotContain("secret");
    }

    @Test
    void aNameOfNoLegalCharacterAndAVeryLongOneGetLegalNames() {
        Event legal = LegalNames.of(
                event().attribute("名前", "1").attribute("A".repeat(100), "2").build());

        assertThat(legal.attribute("x")).isEqualTo("1");
        assertThat(legal.attribute("a".repeat(60))).isEqualTo("2");
        legal.requirePublishable();
    }

    @Test
    void anEventOfTooManyIllegalNamesIsLeftToBeRefused() {
        EventBuilder many = event();
        for (int i = 0; i < 300; i++) {
            many.attribute("A" + i, "x");
        }

        Event same = LegalNames.of(many.build());

        assertThatThrownBy(same::requirePublishable).isInstanceOf(EventMeshException.class);
    }
}
