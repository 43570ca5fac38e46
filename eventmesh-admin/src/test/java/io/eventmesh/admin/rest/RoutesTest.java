package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.http.HttpMethod;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private static Matcher match(String template, String path) {
        Routes.Route route = new Routes()
                .read("any", template, call -> Answer.empty(200))
                .table()
                .get(0);
        return Pattern.compile(route.regex()).matcher(path);
    }

    @Test
    void aParameterIsOneSegmentWithoutAnAction() {
        assertThat(match("/tasks/{id}", "/api/v1/tasks/7").matches()).isTrue();
        assertThat(match("/tasks/{id}", "/api/v1/tasks/7/events").matches()).isFalse();
        assertThat(match("/tasks/{id}", "/api/v1/tasks/7:restart").matches()).isFalse();
        assertThat(match("/tasks/{id}", "/api/v1/tasks/").matches()).isFalse();
        assertThat(match("/tasks/{id}", "/other/tasks/7").matches()).isFalse();
    }

    @Test
    void anActionStandsBehindItsParameterOrItsCollection() {
        Matcher one = match("/tasks/{id}:restart", "/api/v1/tasks/a%3Ab:restart");

        assertThat(one.matches()).isTrue();
        assertThat(one.group("id")).isEqualTo("a%3Ab");
        assertThat(match("/connectors:validate", "/api/v1/connectors:validate").matches())
                .isTrue();
        assertThat(match("/a/{x}/{y}-{z}", "/api/v1/a/b/1-22").matches()).isTrue();
    }

    @Test
    void anOperationIsNamedOnce() {
        Routes routes = new Routes().read("one", "/one", call -> Answer.empty(200));

        assertThatThrownBy(() -> routes.write("one", HttpMethod.POST, "/two", call -> Answer.empty(200)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'one'");
    }
}
