package cdf.generator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.UUID;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

class ByteWriterTest {
    private final ByteWriter writer = new ByteWriter();

    @ParameterizedTest
    @ValueSource(longs = {0, 7, 10, 99, 100, 101, 1999, 1_700_000_000_000L, Long.MAX_VALUE, Long.MIN_VALUE + 1})
    void writesNumbersAsJavaDoes(long number) {
        assertThat(text(writer.write(number))).isEqualTo(Long.toString(number));
        assertThat(text(writer.rewind(0).write(-number))).isEqualTo(Long.toString(-number));
    }

    @Test
    void writesEveryPowerOfTenAndItsNeighbours() {
        for (long power = 1; power > 0 && power <= Long.MAX_VALUE / 10; power *= 10) {
            for (long number = power - 1; number <= power + 1; number++) {
                assertThat(text(writer.rewind(0).write(number))).isEqualTo(Long.toString(number));
            }
        }
    }

    @Test
    void writesTheLowestNumberThereIs() {
        assertThat(text(writer.write(Long.MIN_VALUE))).isEqualTo("-9223372036854775808");
    }

    @Test
    void writesIdsAsJavaDoes() {
        SplitMix64 random = new SplitMix64(7);
        for (int i = 0; i < 10_000; i++) {
            UUID id = new UUID(random.next(), random.next());

            assertThat(text(writer.rewind(0).write(id))).isEqualTo(id.toString());
        }
    }

    @Test
    void growsBeyondItsFirstBuffer() {
        byte[] piece = "0123456789".getBytes(US_ASCII);
        for (int i = 0; i < 1000; i++) {
            writer.write(piece);
        }

        assertThat(text(writer)).isEqualTo("0123456789".repeat(1000));
    }

    @Test
    void keepsWhatItIsRewoundTo() {
        writer.writeAscii("keep").writeAscii("forget");

        assertThat(text(writer.rewind(4).write('!'))).isEqualTo("keep!");
    }

    private static String text(ByteWriter written) {
        return new String(written.toByteArray(), US_ASCII);
    }
}
