package io.eventmesh.benchmarks.system;

import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Tells a publish that was stored from one that was refused, which EventMesh answers as a successful call with another
 * {@code statuscode}. Only an answer that differs from the last good one is parsed. For one thread.
 */
final class StatusAnswers implements Predicate<byte[]> {
    private static final String STORED = "0";

    private byte[] lastGood = {};

    @Override
    public boolean test(byte[] answer) {
        if (Arrays.equals(answer, lastGood)) {
            return true;
        }
        if (!statusCode(answer).equals(STORED)) {
            return false;
        }
        lastGood = answer;
        return true;
    }

    private static String statusCode(byte[] answer) {
        try {
            return CloudEvent.parseFrom(answer)
                    .getAttributesOrDefault("statuscode", CloudEvent.CloudEventAttributeValue.getDefaultInstance())
                    .getCeString();
        } catch (InvalidProtocolBufferException unreadable) {
            return "unreadable";
        }
    }
}
