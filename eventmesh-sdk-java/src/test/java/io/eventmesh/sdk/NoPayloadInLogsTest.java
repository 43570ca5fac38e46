package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class NoPayloadInLogsTest {
    private static final String SECRET = "4929-1234-5678";

    record Card(int number) {}

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.eventmesh");
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(appender);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    @Test
    void whateverFailsNoLogHoldsTheDataOfAnEvent() {
        RecordingMesh mesh = new RecordingMesh();
        Event event =
                Event.builder().id("1").source("/t").type("t").text(SECRET).build();
        try (EventMesh client = EventMesh.builder().mesh(mesh).build()) {
            client.subscribe("cards", "typed").handle(Card.class, (card, delivery) -> {});
            client.subscribe("cards", "failing").handle((card, delivery) -> {
                throw new IllegalStateException("no");
            });
            for (RecordingMember member : mesh.members()) {
                member.offer("cards", event);
            }
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> mesh.members().get(0).rejected().size() == 1
                            && mesh.members().get(1).released().size() == 1);
            mesh.refuseWith(ErrorCode.EVENT_INVALID);
            assertThat(client.publish("cards", event)).isCompletedExceptionally();
        }

        List<ILoggingEvent> logged = List.copyOf(appender.list);
        assertThat(logged).isNotEmpty().allSatisfy(line -> {
            assertThat(line.getFormattedMessage()).doesNotContain(SECRET);
            if (line.getThrowableProxy() != null) {
                assertThat(ThrowableProxyUtil.asString(line.getThrowableProxy()))
                        .doesNotContain(SECRET);
            }
        });
    }
}
