package io.eventmesh.benchmarks.system;

import io.eventmesh.spi.event.Event;
import java.nio.charset.StandardCharsets;

/**
 * Events as the EventMesh SDK 1.10 dresses them: seventeen attributes, user name and password among them. The id is the
 * first field and sixteen hexadecimal digits, so that the generator can count by it without parsing.
 */
public final class SampleEvent {
    /** Of every one. */
    static final String TYPE = "org.apache.eventmesh";

    private static final int ID_AT = 2;
    private static final int ID_LENGTH = 16;

    private final byte[] template;

    public SampleEvent(String topic, int payloadBytes) {
        template = Event.builder()
                .id("0".repeat(ID_LENGTH))
                .source("/")
                .type(TYPE)
                .attribute("env", "env")
                .attribute("idc", "default")
                .attribute("ip", "127.0.0.1")
                .attribute("pid", "4711")
                .attribute("sys", "sys123")
                .attribute("language", "JAVA")
                .attribute("username", "username")
                .attribute("passwd", "password")
                .attribute("protocoltype", "eventmeshmessage")
                .attribute("protocolversion", "1.0")
                .attribute("protocoldesc", "grpc-cloud-event")
                .attribute("producergroup", "DefaultProducerGroup")
                .attribute("ttl", "4000")
                .attribute("seqnum", "012345678901234567890123456789")
                .attribute("uniqueid", "012345678901234567890123456789")
                .attribute("subject", topic)
                .attribute("datacontenttype", "text/plain")
                .text("x".repeat(payloadBytes))
                .build()
                .toByteArray();
        String id = new String(template, ID_AT, ID_LENGTH, StandardCharsets.US_ASCII);
        if (!id.equals("0".repeat(ID_LENGTH))) {
            throw new IllegalStateException("id is not the first field");
        }
    }

    int size() {
        return template.length;
    }

    public byte[] numbered(long number) {
        byte[] event = template.clone();
        writeNumber(number, event, 0);
        return event;
    }

    /** Writes an event of that number into an array. */
    void write(long number, byte[] into, int at) {
        System.arraycopy(template, 0, into, at, template.length);
        writeNumber(number, into, at);
    }

    private static void writeNumber(long number, byte[] into, int at) {
        long rest = number;
        for (int i = ID_LENGTH - 1; i >= 0; i--) {
            int digit = (int) rest & 15;
            into[at + ID_AT + i] = (byte) (digit < 10 ? '0' + digit : 'a' - 10 + digit);
            rest >>>= 4;
        }
    }

    /** The number of an event, or -1 when it is none of ours. */
    static long number(byte[] event) {
        if (event.length < ID_AT + ID_LENGTH || event[0] != 10 || event[1] != ID_LENGTH) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < ID_LENGTH; i++) {
            int letter = event[ID_AT + i];
            int digit = letter >= 'a' ? letter - 'a' + 10 : letter - '0';
            if (digit < 0 || digit > 15) {
                return -1;
            }
            number = number << 4 | digit;
        }
        return number;
    }
}
