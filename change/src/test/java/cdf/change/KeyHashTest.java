package cdf.change;

import org.junit.jupiter.api.Test;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

class KeyHashTest {
    private final KeyHash hash = new KeyHash();

    /** The test that every implementation passes (SMHasher, KeysetTest.cpp, VerificationTest). */
    @Test
    void murmur3HasThePublishedVerificationValue() {
        byte[] hashes = new byte[256 * 16];
        byte[] key = new byte[256];
        for (int length = 0; length < 256; length++) {
            key[length] = (byte) length;
            System.arraycopy(murmur3(key, length, 256 - length), 0, hashes, length * 16, 16);
        }

        byte[] verification = murmur3(hashes, hashes.length, 0);

        assertThat(ByteBuffer.wrap(verification).order(ByteOrder.LITTLE_ENDIAN).getInt())
                .isEqualTo(0x6384BA69);
    }

    @Test
    void murmur3HasThePublishedHashesOfTexts() {
        assertThat(murmur3OfText("")).isEqualTo("00000000000000000000000000000000");
        assertThat(murmur3OfText("The quick brown fox jumps over the lazy dog"))
                .isEqualTo("6c1b07bc7bbc4be347939ac4a93c437a");
        assertThat(murmur3OfText("The quick brown fox jumps over the lazy cog"))
                .isEqualTo("9a2685ff70a98c653e5c8ea6eae3fe43");
    }

    @Test
    void isTheSameForTheSameKeyWhateverWasHashedBefore() {
        Hash first = of(hash.start().add(7).add(utf8("seven"), 0, 5));
        of(hash.start().add(new byte[1_000], 0, 1_000));

        Hash second = of(hash.start().add(7).add(utf8("the seven"), 4, 5));

        assertThat(second).isEqualTo(first);
    }

    @Test
    void tellsPartsAndPrefixesApart() {
        List<List<String>> keys = List.of(
                List.of("ab", "c"),
                List.of("a", "bc"),
                List.of("abc", ""),
                List.of("", "abc"),
                List.of("abc"),
                List.of("ab"),
                List.of("abc\0"),
                List.of(""),
                List.of("", ""),
                List.of("a", "b", "c"));

        Set<Hash> hashes = new HashSet<>();
        for (List<String> key : keys) {
            hash.start();
            key.forEach(part -> hash.add(utf8(part), 0, utf8(part).length));
            hashes.add(of(hash));
        }

        assertThat(hashes).hasSameSizeAs(keys);
    }

    @Test
    void mixesWellEnoughForTheIndexWhateverTheKeysAreLike() {
        Set<Long> upper = new HashSet<>();
        Set<Long> lower = new HashSet<>();
        for (long key = 0; key < 100_000; key++) {
            Hash next = of(hash.start().add(key << (key % 2 * 32)));
            upper.add(next.high);
            lower.add(next.low);
        }

        assertThat(upper).hasSize(100_000);
        assertThat(lower).hasSize(100_000);
    }

    @Test
    void hashesALongDecimalByItsShortestBytes() {
        BigInteger value = new BigInteger("12345678901234567890123");
        byte[] bytes = value.toByteArray();

        assertThat(of(hash.start().add(value))).isEqualTo(of(hash.start().add(bytes, 0, bytes.length)));
    }

    @Test
    void hashesKeysOfEveryLength() {
        SplittableRandom random = new SplittableRandom(5);
        Set<Hash> hashes = new HashSet<>();
        for (int length = 0; length < 1_000; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            hashes.add(of(hash.start().add(bytes, 0, length)));
            hashes.add(of(hash.start().add(Arrays.copyOf(bytes, length + 1), 0, length)));
        }

        assertThat(hashes).hasSize(1_000);
    }

    private static Hash of(KeyHash key) {
        key.finish();
        return new Hash(key.high(), key.low());
    }

    private static String murmur3OfText(String text) {
        return HexFormat.of().formatHex(murmur3(utf8(text), utf8(text).length, 0));
    }

    private static byte[] murmur3(byte[] bytes, int length, int seed) {
        Murmur3 murmur3 = new Murmur3();
        murmur3.hash(bytes, length, seed);
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(murmur3.high())
                .putLong(murmur3.low())
                .array();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private record Hash(long high, long low) {}
}
