package io.eventmesh.runtime;

/** How the reasons of dead letters are written, wherever they are made. */
public final class DeadLetterText {
    private static final int MAX_MESSAGE = 1_024;
    private static final char REPLACEMENT = '\uFFFD';

    private DeadLetterText() {}

    /** The message, at most 1,024 characters of it, with every half of a surrogate pair replaced. */
    public static String cut(String message) {
        int length = Math.min(message.length(), MAX_MESSAGE);
        if (length < message.length() && Character.isHighSurrogate(message.charAt(length - 1))) {
            length--;
        }
        StringBuilder clean = new StringBuilder(message.substring(0, length));
        for (int i = 0; i < length; i++) {
            if (isPair(clean, i)) {
                i++;
            } else if (Character.isSurrogate(clean.charAt(i))) {
                clean.setCharAt(i, REPLACEMENT);
            }
        }
        return clean.toString();
    }

    private static boolean isPair(CharSequence text, int at) {
        return at + 1 < text.length()
                && Character.isHighSurrogate(text.charAt(at))
                && Character.isLowSurrogate(text.charAt(at + 1));
    }
}
