package io.eventmesh.runtime.config;

import io.eventmesh.common.error.ErrorCode;
import java.util.function.Function;

/** The reference of all error codes, made from the codes themselves. */
public final class ErrorReference {
    private ErrorReference() {}

    /**
     * {@code docs/reference/errors.md}.
     *
     * @param grpc a code's status in gRPC, as the door maps it
     * @param http a code's status in HTTP, as the door maps it
     */
    public static String markdown(Function<ErrorCode, String> grpc, Function<ErrorCode, String> http) {
        StringBuilder page = new StringBuilder("""
                # Error codes

                Generated from the codes; do not edit. A refusal is a number that is never reused, and a sentence with the
                offending value and the expected one. HTTP answers are `application/problem+json` with `code` and `name`; gRPC
                statuses carry `google.rpc.ErrorInfo` of the domain `eventmesh` with the name as reason and the number as
                `code`. 1xxx the caller, 2xxx load, 3xxx environment, 5xxx plugins, 9xxx the mesh itself.

                | code | name | gRPC | HTTP | try again | meaning |
                |---|---|---|---|---|---|
                """);
        for (ErrorCode code : ErrorCode.values()) {
            page.append("| %d | %s | %s | %s | %s | %s |\n"
                    .formatted(
                            code.number(),
                            code.name(),
                            grpc.apply(code),
                            http.apply(code),
                            retry(code.retry()),
                            code.meaning().replace("|", "\\|")));
        }
        return page.toString();
    }

    private static String retry(ErrorCode.Retry retry) {
        return switch (retry) {
            case NO -> "no";
            case YES -> "yes";
            case LATER -> "later";
            case ELSEWHERE -> "elsewhere";
            case AFTER_READING -> "after reading again";
            case IF_IDEMPOTENT -> "if idempotent";
        };
    }
}
