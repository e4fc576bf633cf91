package cdf.generator;

import java.util.UUID;

/** Derives a row's id from its number, so that no table of ids has to be kept. Thread-safe. */
final class RowIds {
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT_2 = 0x8000_0000_0000_0000L;

    private final long key;

    RowIds(long key) {
        this.key = key;
    }

    /**
     * The id of the row with this number: no other number has it, because {@link SplitMix64#mix} is a bijection and all
     * 64 bits of its result are in the id, 62 below the variant and two more at the end of the upper half.
     */
    UUID idOf(long rowNumber) {
        long unique = SplitMix64.mix(key + rowNumber);
        long filling = SplitMix64.mix(unique ^ key);
        return new UUID((filling & 0xffff_ffff_ffff_0ffcL) | VERSION_4 | (unique & 0b11), VARIANT_2 | (unique >>> 2));
    }
}
