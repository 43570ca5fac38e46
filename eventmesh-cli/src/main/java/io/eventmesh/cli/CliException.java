package io.eventmesh.cli;

import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.util.concurrent.CompletionException;

/** Why a command failed, with its exit code and what the user can do. */
public final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public static final int FAILED = 1;
    public static final int USAGE = 2;
    public static final int ENVIRONMENT = 3;

    private final int exitCode;
    private final String suggestion;

    public CliException(int exitCode, String message, String suggestion) {
        super(message);
        this.exitCode = exitCode;
        this.suggestion = suggestion;
    }

    public static CliException of(Exception failure) {
        if (failure instanceof CliException ours) {
            return ours;
        }
        if (failure instanceof EventMeshException refused) {
            int exit = switch (refused.code().number() / 1000) {
                case 1, 5 -> FAILED;
                case 3 -> ENVIRONMENT;
                default -> FAILED;
            };
            return new CliException(
                    exit,
                    "%s %d: %s".formatted(refused.code(), refused.code().number(), refused.reason()),
                    refused.suggestion());
        }
        if (failure instanceof CompletionException) {
            return of(EventMeshException.of(failure));
        }
        if (failure instanceof IOException) {
            return new CliException(ENVIRONMENT, String.valueOf(failure.getMessage()), "bin/eventmesh doctor");
        }
        return new CliException(FAILED, failure.toString(), "");
    }

    /** The message. */
    public String reason() {
        return String.valueOf(getMessage());
    }

    public int exitCode() {
        return exitCode;
    }

    public String suggestion() {
        return suggestion;
    }
}
