package io.eventmesh.testkit.connector;

import io.eventmesh.common.thread.NamedThreads;
import java.util.ServiceConfigurationError;
import java.util.concurrent.CountDownLatch;

/** How a plugin may misbehave, inside a call of the runtime. */
public enum BadBehaviour {
    /** Does as it should. */
    NONE,
    /** Asks for an array that no heap holds, so that nothing else is starved. */
    OUT_OF_MEMORY,
    /** Calls itself for ever. */
    STACK_OVERFLOW,
    /** Needs a class that is not there. */
    NO_CLASS_DEF_FOUND,
    /** Finds a broken service file. */
    SERVICE_CONFIGURATION,
    /** An error that the Java platform does not know. */
    STRANGE_ERROR,
    /** A checked exception that its signature does not name. */
    SNEAKY,
    /** An exception whose own texts fail. */
    BAD_TEXT,
    /** Leaves its thread's interrupt flag set, and fails. */
    SELF_INTERRUPT,
    /** Waits for ever, but heeds an interrupt. */
    BLOCKS,
    /** Waits for ever, whatever comes. */
    IGNORES_INTERRUPTS,
    /** Leaves a thread behind that heeds an interrupt, and goes on. */
    LEAVES_A_THREAD;

    /** An error that nobody expects. */
    public static final class StrangeError extends Error {
        private static final long serialVersionUID = 1L;

        StrangeError() {
            super("strange");
        }
    }

    /** An exception that cannot be put into words. */
    public static final class WordlessException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no words");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("no words");
        }
    }

    /** Misbehaves; returns after {@link #NONE} and {@link #LEAVES_A_THREAD} only. */
    public void act() throws InterruptedException {
        switch (this) {
            case NONE -> {}
            case OUT_OF_MEMORY -> keep(new long[Integer.MAX_VALUE]);
            case STACK_OVERFLOW -> keep(new long[] {depth(0)});
            case NO_CLASS_DEF_FOUND -> throw new NoClassDefFoundError("no/such/Library");
            case SERVICE_CONFIGURATION -> throw new ServiceConfigurationError("broken service file");
            case STRANGE_ERROR -> throw new StrangeError();
            case SNEAKY -> throw BadBehaviour.<RuntimeException>sneaky(new Exception("sneaky"));
            case BAD_TEXT -> throw new WordlessException();
            case SELF_INTERRUPT -> {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted itself");
            }
            case BLOCKS -> new CountDownLatch(1).await();
            case IGNORES_INTERRUPTS -> ignore();
            case LEAVES_A_THREAD ->
                NamedThreads.named("bad-plugin-left", BadBehaviour::lasts).start();
        }
    }

    private static void lasts() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("InfiniteLoopStatement")
    private static void ignore() {
        CountDownLatch never = new CountDownLatch(1);
        while (true) {
            try {
                never.await();
            } catch (InterruptedException ignored) {
                // that is the point
            }
        }
    }

    @SuppressWarnings("InfiniteRecursion")
    private static long depth(long from) {
        return depth(from + 1) + 1;
    }

    private static void keep(long[] array) {
        if (array.length == 1 && array[0] == Long.MIN_VALUE) {
            throw new IllegalStateException("never");
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T sneaky(Throwable failure) throws T {
        throw (T) failure;
    }
}
