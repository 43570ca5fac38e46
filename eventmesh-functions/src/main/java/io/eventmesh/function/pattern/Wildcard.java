package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts between which anything may stand. Takes a time that grows with the text alone, however many wildcards there are:
 * each piece is looked for once, from where the one before it ended.
 */
final class Wildcard {
    /** Longer pieces are looked for without ever going back, since the platform's search may take their product. */
    private static final int SHORT = 8;

    private final List<String> pieces;
    private final int[][] borders;
    private final int shortest;

    private Wildcard(List<String> pieces) {
        this.pieces = pieces;
        this.borders = new int[pieces.size()][];
        int length = 0;
        for (int i = 0; i < borders.length; i++) {
            borders[i] = borders(pieces.get(i));
            length += pieces.get(i).length();
        }
        this.shortest = length;
    }

    /**
     * Reads one, where {@code *} is anything, and a backslash makes a star or a backslash stand for itself.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    static Wildcard of(String text) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        boolean star = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '*') {
                if (star) {
                    throw new IllegalArgumentException("** at character %d".formatted(i));
                }
                pieces.add(piece.toString());
                piece.setLength(0);
            } else if (c == '\\') {
                i++;
                if (i == text.length() || (text.charAt(i) != '*' && text.charAt(i) != '\\')) {
                    throw new IllegalArgumentException("a backslash at character %d".formatted(i));
                }
                piece.append(text.charAt(i));
            } else {
                piece.append(c);
            }
            star = c == '*';
        }
        pieces.add(piece.toString());
        return new Wildcard(pieces);
    }

    /** The texts around the stars; the first and the last may be empty. */
    List<String> pieces() {
        return pieces;
    }

    /** How many characters a text has at least that it matches. */
    int shortest() {
        return shortest;
    }

    boolean matches(String text) {
        int last = pieces.size() - 1;
        if (last == 0) {
            return text.equals(pieces.get(0));
        }
        if (text.length() < shortest || !text.startsWith(pieces.get(0)) || !text.endsWith(pieces.get(last))) {
            return false;
        }
        int at = pieces.get(0).length();
        int end = text.length() - pieces.get(last).length();
        for (int i = 1; i < last; i++) {
            int found = find(text, i, at);
            if (found < 0 || found + pieces.get(i).length() > end) {
                return false;
            }
            at = found + pieces.get(i).length();
        }
        return true;
    }

    private int find(String text, int index, int from) {
        String piece = pieces.get(index);
        int[] border = borders[index];
        if (border.length == 0) {
            return text.indexOf(piece, from);
        }
        int matched = 0;
        for (int i = from; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != piece.charAt(matched)) {
                matched = border[matched - 1];
            }
            if (text.charAt(i) == piece.charAt(matched) && ++matched == piece.length()) {
                return i + 1 - matched;
            }
        }
        return -1;
    }

    /** For each beginning of a long piece how much of it is also its end; nothing for a short one. */
    private static int[] borders(String piece) {
        if (piece.length() <= SHORT) {
            return new int[0];
        }
        int[] border = new int[piece.length()];
        int matched = 0;
        for (int i = 1; i < border.length; i++) {
            while (matched > 0 && piece.charAt(i) != piece.charAt(matched)) {
                matched = border[matched - 1];
            }
            if (piece.charAt(i) == piece.charAt(matched)) {
                matched++;
            }
            border[i] = matched;
        }
        return border;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Wildcard that && pieces.equals(that.pieces);
    }

    @Override
    public int hashCode() {
        return pieces.hashCode();
    }
}
