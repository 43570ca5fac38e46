package io.eventmesh.runtime.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What is logged as an error while it is open: a step that failed is seen nowhere else. */
final class LoudErrors extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final List<String> heard = new ArrayList<>();

    LoudErrors() {
        start();
        root.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            heard.add(event.getLoggerName() + ": " + event.getFormattedMessage());
        }
    }

    List<String> heard() {
        return heard;
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}
