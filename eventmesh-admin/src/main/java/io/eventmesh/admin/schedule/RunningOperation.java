package io.eventmesh.admin.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.database.OperationRow;

/** An operation of this term, with what is not yet stored. Guarded by being busy, or by the runner's lock. */
final class RunningOperation {
    /** The most that one piece may do. */
    private static final int MAX_PIECE = 256;

    private static final ObjectMapper JSON = new ObjectMapper();

    final long term;
    final double rate;
    OperationRow row;
    boolean busy;
    long notBefore;
    long storedAt;
    boolean unstored;
    int failures;
    double allowance;
    long allowedAt;

    RunningOperation(long term, OperationRow row, long now) {
        this.term = term;
        this.row = row;
        this.rate = rate(row.request());
        this.allowance = Math.min(rate, MAX_PIECE);
        this.notBefore = now;
        this.storedAt = now;
        this.allowedAt = now;
    }

    private static double rate(String request) {
        try {
            return Math.max(0, JSON.readTree(request).path("rate").asDouble(0));
        } catch (JsonProcessingException unreadable) {
            return 0; // its kind says so
        }
    }

    /** How many it may do now: what its rate gave since the last piece, and no more than that of a second. */
    int allowed(long now) {
        if (rate <= 0) {
            return MAX_PIECE;
        }
        allowance = Math.min(Math.max(rate, 1), allowance + rate * (now - allowedAt) / 1e9);
        allowedAt = now;
        return (int) Math.max(1, Math.min(MAX_PIECE, allowance));
    }

    /** Nanoseconds until it may do one more. */
    long owed() {
        return rate <= 0 || allowance >= 1 ? 0 : (long) ((1 - allowance) / rate * 1e9);
    }
}
