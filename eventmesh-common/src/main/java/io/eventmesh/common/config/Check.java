package io.eventmesh.common.config;

import java.time.Duration;

/** Checks for the compact constructors of configuration records; each names the key as it stands in the file. */
public final class Check {
    private Check() {}

    public static void range(String key, long value, long min, long max) {
        require(value >= min && value <= max, key, value, min + ".." + max);
    }

    public static void positive(String key, long value) {
        require(value > 0, key, value, "> 0");
    }

    public static void positive(String key, Duration value) {
        require(!value.isNegative() && !value.isZero(), key, value, "longer than 0");
    }

    public static void positive(String key, DataSize value) {
        require(value.bytes() > 0, key, value, "more than 0 B");
    }

    public static void notNegative(String key, Duration value) {
        require(!value.isNegative(), key, value, "0 or longer");
    }

    public static void notBlank(String key, String value) {
        require(!value.isBlank(), key, "'" + value + "'", "not blank");
    }

    public static void port(String key, int value) {
        range(key, value, 0, 65_535);
    }

    /** Any other condition. {@code expected} completes the sentence "expected: …". */
    public static void require(boolean holds, String key, Object value, String expected) {
        if (!holds) {
            throw new InvalidValueException(key, value + " (expected: " + expected + ")");
        }
    }
}
