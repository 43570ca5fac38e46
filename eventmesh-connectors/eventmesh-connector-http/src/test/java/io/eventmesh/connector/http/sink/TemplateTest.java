package io.eventmesh.connector.http.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.connector.http.sink.Template.Kind;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final String DATA =
            "{\"user\":{\"id\":7,\"name\":\"A \\\"B\\\" \\u00e9\"},\"list\":[1,\"two\"],\"price\":1.50,\"none\":null,\"a b\":\"c/d?e&f\",\"up\":\"..\",\"line\":\"x\\r\\ny: z\"}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', textBlock = """
            {"n":<$.data.user.id>}                  | {"n":7}
            {"n":"user <$.data.user.id>"}           | {"n":"user 7"}
            {"n":<$.data.user.name>}                | {"n":"A \\"B\\" é"}
            {"n":"<$.data.user.name>!"}             | {"n":"A \\"B\\" é!"}
            {"n":<$.data.list>,"m":<$.data.list[1]>}| {"n":[1,"two"],"m":"two"}
            {"n":<$.data.price>}                    | {"n":1.50}
            {"n":<$.data.none>,"m":"<$.data.none>"} | {"n":null,"m":""}
            {"n":<$.data.absent>,"m":"<$.absent>"}  | {"n":"","m":""}
            {"n":<$.data['a b']>}                   | {"n":"c/d?e&f"}
            {"i":<$.id>,"t":<mesh.topic>}           | {"i":"1","t":"orders"}
            {"a":<mesh.attempt>}                    | {"a":3}
            {"q":"\\"<$.id>","x":<$.data.user.id>}  | {"q":"\\"1","x":7}
            """)
    void valuesOfJsonStayInTheirPlace(String template, String filled) {
        assertThat(Template.of("body", Kind.JSON, template).fill(view())).isEqualTo(filled);
    }

    @Test
    void wholeEventsAndDataAreJson() {
        assertThat(Template.of("body", Kind.JSON, "<mesh.event.data>").fill(view()))
                .startsWith("{\"user\":{\"id\":7")
                .contains("\"price\":1.50");
        assertThat(Template.of("body", Kind.JSON, "[<mesh.event.json>]").fill(view()))
                .startsWith("[{\"specversion\":\"1.0\"")
                .contains("\"type\":\"order\"");
    }

    @Test
    void anObjectBetweenQuotesIsRefused() {
        Template template = Template.of("body", Kind.JSON, "{\"n\":\"<$.data.user>\"}");

        assertInvalid(template, "body: <$.data.user> is an object (expected: a single value between quotes)");
    }

    @Test
    void textTakesTheBareValue() {
        assertThat(Template.of("body", Kind.TEXT, "<b>Hi <$.data.user.name>, <$.data.list></b>")
                        .fill(view()))
                .isEqualTo("<b>Hi A \"B\" é, [1,\"two\"]</b>");
    }

    @Test
    void aValueCannotLeaveItsPartOfAUrl() {
        assertThat(Template.of("url", Kind.URL, "http://h/<$.data['a b']>?q=<$.data.user.name>")
                        .fill(view()))
                .isEqualTo("http://h/c%2Fd%3Fe%26f?q=A%20%22B%22%20%C3%A9");
        assertInvalid(Template.of("url", Kind.URL, "http://h/<$.data.up>/x"), "no step in a path");
        assertInvalid(Template.of("url", Kind.URL, "http://h/<$.data.absent>"), "url: <$.data.absent> is no");
        assertInvalid(Template.of("url", Kind.URL, "http://h/<$.data.none>"), "url: <$.data.none> is nothing");
    }

    @Test
    void aValueCannotBecomeAHeaderOfItsOwn() {
        assertThat(Template.of("headers.x", Kind.HEADER, "n=<$.data.user.id>").fill(view()))
                .isEqualTo("n=7");
        assertInvalid(Template.of("headers.x", Kind.HEADER, "<$.data.line>"), "headers.x: <$.data.line> is a value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<$.data[>", "<$..a>", "<$.data[x]>", "<mesh.token>", "<$.data", "<$x>"})
    void aPlaceThatIsNoneIsRefusedBeforeAnyEvent(String template) {
        assertThatThrownBy(() -> Template.of("body", Kind.TEXT, template))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected:");
    }

    private static void assertInvalid(Template template, String message) {
        assertThatThrownBy(() -> template.fill(view()))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EVENT_INVALID))
                .hasMessageContaining(message);
    }

    private static EventView view() {
        Event event = Event.builder()
                .id("1")
                .source("/shop")
                .type("order")
                .dataContentType("application/json")
                .text(DATA)
                .build();
        return new EventView(new SinkRecord(TopicName.of("orders"), event, 3));
    }
}
