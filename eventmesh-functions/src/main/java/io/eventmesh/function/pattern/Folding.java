package io.eventmesh.function.pattern;

/** Texts without their case, one code point at a time: Ä and ä are one, ß and SS are not. */
final class Folding {
    private Folding() {}

    static String fold(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80 || (c >= 'A' && c <= 'Z')) {
                return folded(text);
            }
        }
        return text;
    }

    private static String folded(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> out.appendCodePoint(Character.toLowerCase(Character.toUpperCase(point))));
        return out.toString();
    }
}
