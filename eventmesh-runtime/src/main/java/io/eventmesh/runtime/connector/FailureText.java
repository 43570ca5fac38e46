package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.DeadLetterText;
import java.util.function.Supplier;

/**
 * A failure in words. Whatever a plugin throws is code of the plugin's, which may fail in turn when it is asked for its
 * text; what cannot be read is replaced.
 *
 * @param kind the error code, or the class without its package
 * @param text at most 1,024 characters
 * @param stack of the failure and its causes, at most 8 KiB of characters
 */
record FailureText(String kind, String text, String stack) {
    static final FailureText NONE = new FailureText("", "", "");

    private static final int MAX_TEXT = 1_024;
    private static final int MAX_STACK = 8_000;
    private static final int MAX_CAUSES = 5;
    private static final int MAX_FRAMES = 60;

    static FailureText of(Throwable failure) {
        if (failure instanceof EventMeshException refusal) {
            return new FailureText(refusal.code().name(), cut(refusal.reason(), MAX_TEXT), stack(failure));
        }
        return new FailureText(failure.getClass().getSimpleName(), cut(text(failure), MAX_TEXT), stack(failure));
    }

    /** The failure's own words; its class where it has none. */
    static String text(Throwable failure) {
        String name = failure.getClass().getName();
        return read(failure::toString, name + " (its text cannot be read)");
    }

    /** Why something was set aside: the words without the class of our own refusals, as a dead letter holds them. */
    static String reason(Throwable failure) {
        return DeadLetterText.cut(failure instanceof EventMeshException refusal ? refusal.reason() : text(failure));
    }

    private static String stack(Throwable failure) {
        return read(() -> written(failure), "(its stack cannot be read)");
    }

    private static String written(Throwable failure) {
        StringBuilder out = new StringBuilder();
        Throwable each = failure;
        for (int i = 0; each != null && i < MAX_CAUSES && out.length() < MAX_STACK; i++) {
            out.append(i == 0 ? "" : "Caused by: ").append(text(each)).append('\n');
            StackTraceElement[] frames = each.getStackTrace();
            for (int j = 0; j < Math.min(frames.length, MAX_FRAMES) && out.length() < MAX_STACK; j++) {
                out.append("\tat ").append(frames[j]).append('\n');
            }
            each = each.getCause();
        }
        return cut(out.toString(), MAX_STACK);
    }

    private static String read(Supplier<String> words, String otherwise) {
        try {
            String text = words.get();
            return text == null ? otherwise : text;
        } catch (Throwable unreadable) {
            // the edge of the task: no more of a plugin passes here than from its work
            return otherwise;
        }
    }

    /** Never between the halves of a character. */
    private static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        return text.substring(0, end);
    }
}
