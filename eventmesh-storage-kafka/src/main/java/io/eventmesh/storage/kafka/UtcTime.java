package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * A time of the years 1 to 9999 as text, the same as {@link Instant#toString} writes, and back; nearly every event has one,
 * and the library's way costs more than all the rest of a record.
 */
final class UtcTime {
    private static final int SECONDS_A_DAY = 86_400;
    private static final int WHOLE = "2026-01-01T00:00:00Z".length();
    private static final int LONGEST = WHOLE + ".123456789".length();

    private UtcTime() {}

    static byte[] write(long seconds, int nanos) {
        LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(seconds, SECONDS_A_DAY));
        int ofDay = (int) Math.floorMod(seconds, (long) SECONDS_A_DAY);
        byte[] text = new byte[LONGEST];
        digits(text, 0, 4, day.getYear());
        text[4] = '-';
        digits(text, 5, 2, day.getMonthValue());
        text[7] = '-';
        digits(text, 8, 2, day.getDayOfMonth());
        text[10] = 'T';
        digits(text, 11, 2, ofDay / 3_600);
        text[13] = ':';
        digits(text, 14, 2, ofDay / 60 % 60);
        text[16] = ':';
        digits(text, 17, 2, ofDay % 60);
        int end = WHOLE - 1;
        if (nanos != 0) {
            int places = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
            text[end] = '.';
            digits(text, end + 1, places, places == 3 ? nanos / 1_000_000 : places == 6 ? nanos / 1_000 : nanos);
            end += 1 + places;
        }
        text[end] = 'Z';
        return Arrays.copyOf(text, end + 1);
    }

    /** @throws java.time.DateTimeException if it is no such time */
    static Instant read(byte[] text) {
        int places = text.length - WHOLE - 1;
        boolean usual = text.length == WHOLE || (text.length <= LONGEST && places > 0 && text[WHOLE - 1] == '.');
        if (!usual || text[text.length - 1] != 'Z' || !hasMarks(text)) {
            return Instant.parse(new String(text, ISO_8859_1));
        }
        int nanos = 0;
        if (places > 0) {
            nanos = number(text, WHOLE, places);
            for (int i = places; i < 9; i++) {
                nanos *= 10;
            }
        }
        int hour = number(text, 11, 2);
        int minute = number(text, 14, 2);
        int second = number(text, 17, 2);
        if (nanos < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
            return Instant.parse(new String(text, ISO_8859_1));
        }
        long day = LocalDate.of(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2))
                .toEpochDay();
        return Instant.ofEpochSecond(day * SECONDS_A_DAY + hour * 3_600L + minute * 60L + second, nanos);
    }

    private static boolean hasMarks(byte[] text) {
        return text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
    }

    /** The decimal number of so many digits; far below 0 if they are none. */
    private static int number(byte[] text, int from, int places) {
        int number = 0;
        for (int at = from; at < from + places; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9) {
                return Integer.MIN_VALUE;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static void digits(byte[] into, int from, int places, int number) {
        int rest = number;
        for (int at = from + places - 1; at >= from; at--) {
            into[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }
}
