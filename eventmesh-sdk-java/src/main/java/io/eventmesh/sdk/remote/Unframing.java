package io.eventmesh.sdk.remote;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;

/** Reads answers without gRPC's way over a byte string: what they carry is copied once. Never writes. Stateless. */
final class Unframing<T> implements MethodDescriptor.Marshaller<T> {
    /** Enough for everything that stands around an event; a larger event is read past this buffer. */
    private static final int BUFFER = 256;

    /** Reads one message to its end. */
    interface Reading<T> {
        T read(CodedInputStream in) throws IOException;
    }

    private final Reading<T> reading;

    Unframing(Reading<T> reading) {
        this.reading = reading;
    }

    /** Passes over a field of a later release. */
    static void skip(CodedInputStream in, int tag) throws IOException {
        if (!in.skipField(tag)) {
            throw new InvalidProtocolBufferException("unexpected end of group");
        }
    }

    @Override
    public InputStream stream(T value) {
        throw new UnsupportedOperationException("A client reads answers");
    }

    /** @throws StatusRuntimeException INTERNAL for what is no such message, which ends the call */
    @Override
    public T parse(InputStream message) {
        try {
            return reading.read(CodedInputStream.newInstance(message, BUFFER));
        } catch (IOException notAMessage) {
            throw Status.INTERNAL
                    .withDescription("answer: unreadable (expected: a message of eventmesh.v1)")
                    .withCause(notAMessage)
                    .asRuntimeException();
        }
    }
}
