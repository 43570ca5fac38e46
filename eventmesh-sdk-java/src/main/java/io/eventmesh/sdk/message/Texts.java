package io.eventmesh.sdk.message;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Between text and data, without replacing what cannot be read. Stateless. */
final class Texts {
    private Texts() {}

    /** @throws EventMeshException EVENT_INVALID */
    static String of(byte[] data) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data))
                    .toString();
        } catch (CharacterCodingException notText) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "data: %d bytes that are no UTF-8 (expected: text, which is all that the message can hold)"
                            .formatted(data.length),
                    notText);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
