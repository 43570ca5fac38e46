package io.eventmesh.common.lifecycle;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts components in the order given and closes them in reverse.
 *
 * <p>When one fails to start, those already started are closed in reverse and the failure is thrown with later
 * failures suppressed. One thread starts and closes; the list of components may be read by any.
 */
public final class LifeCycle implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LifeCycle.class);

    private final Deque<Component> started = new ArrayDeque<>();

    /** Starts one more component; a failure closes everything started before it. */
    public synchronized void start(Component component) {
        try {
            component.start();
            started.push(component);
        } catch (RuntimeException | Error failure) {
            closeQuietly(component, failure);
            closeAll(failure);
            throw failure;
        }
    }

    public void startAll(Collection<? extends Component> components) {
        components.forEach(this::start);
    }

    /** The components that run, in start order. */
    public synchronized List<Component> components() {
        List<Component> inOrder = new ArrayList<>();
        started.descendingIterator().forEachRemaining(inOrder::add);
        return inOrder;
    }

    /** Closes in reverse order of start. Failures are logged; each component gets its chance. */
    @Override
    public synchronized void close() {
        RuntimeException failures = new RuntimeException("close failed");
        closeAll(failures);
        for (Throwable failure : failures.getSuppressed()) {
            log.warn("Component did not close cleanly. error={}", failure.toString(), failure);
        }
    }

    private void closeAll(Throwable into) {
        while (!started.isEmpty()) {
            closeQuietly(started.pop(), into);
        }
    }

    private static void closeQuietly(Component component, Throwable into) {
        try {
            component.close();
        } catch (RuntimeException | Error failure) {
            into.addSuppressed(failure);
        }
    }
}
