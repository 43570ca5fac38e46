package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Utf8Test {
    private static final int RANDOM_CASES = 200_000;

    @Test
    void everyCodePointIsValidAndEverySurrogateIsNot() {
        for (int codePoint = 0; codePoint <= 0x10FFFF; codePoint += codePoint < 0x3000 ? 1 : 7) {
            boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
            byte[] bytes = surrogate
                    ? new byte[] {
                        (byte) 0xED, (byte) (0x80 | (codePoint >> 6 & 0x3F)), (byte) (0x80 | (codePoint & 0x3F))
                    }
                    : Character.toString(codePoint).getBytes(UTF_8);
            assertThat(Utf8.isValid(bytes, 0, bytes.length)).isEqualTo(!surrogate);
        }
    }

    @Test
    void everySequenceOfThreeBytesIsJudgedAsJavaDoes() {
        byte[] interesting = {0, 'a', 0x7F, -128, -113, -112, -97, -96, -65, -64, -63, -62, -33, -32, -31, -19, -18, -17
        };
        byte[] leading = {-32, -31, -19, -18, -17, -16, -15, -13, -12, -11, -8, -1, -62, -64, 'a'};
        for (byte first : leading) {
            for (byte second : interesting) {
                for (byte third : interesting) {
                    judgedAsJavaDoes(new byte[] {first, second, third});
                    judgedAsJavaDoes(new byte[] {first, second, third, -128});
                    judgedAsJavaDoes(new byte[] {'1', '2', '3', '4', '5', '6', '7', first, second, third});
                }
            }
        }
    }

    @Test
    void randomBytesAreJudgedAsJavaDoes() {
        long seed = Seed.next();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < RANDOM_CASES; i++) {
            byte[] bytes = "0123456789 grüße 日本語 🎉 0123456789 0123456789 0123456789".getBytes(UTF_8);
            if (random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int from = random.nextInt(bytes.length);
            int to = random.nextInt(from, bytes.length + 1);
            assertThat(Utf8.isValid(bytes, from, to))
                    .as("seed %d, case %d", seed, i)
                    .isEqualTo(validForJava(Arrays.copyOfRange(bytes, from, to)));
        }
    }

    private static void judgedAsJavaDoes(byte[] bytes) {
        boolean valid = Utf8.isValid(bytes, 0, bytes.length);
        if (valid != validForJava(bytes)) {
            assertThat(valid).as(Arrays.toString(bytes)).isEqualTo(validForJava(bytes));
        }
    }

    private static boolean validForJava(byte[] bytes) {
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
