package cdf.lake;

import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Sets of rows, one for each of some data files. Rows come in any order and by the hundred thousand: plain bits take them
 * several times faster than the compressed ones of a deletion vector, which want them in order. Not thread-safe.
 */
final class RowSets {
    private @Nullable BitSet[] files = new BitSet[64];

    void add(int file, int row) {
        if (file >= files.length) {
            files = Arrays.copyOf(files, Math.max(file + 1, 2 * files.length));
        }
        BitSet rows = files[file];
        if (rows == null) {
            rows = new BitSet();
            files[file] = rows;
        }
        rows.set(row);
    }

    /** The rows of each file that has some. */
    Map<Integer, RoaringBitmapArray> byFile() {
        Map<Integer, RoaringBitmapArray> compressed = new HashMap<>();
        for (int file = 0; file < files.length; file++) {
            BitSet rows = files[file];
            if (rows != null) {
                RoaringBitmapArray inOrder = new RoaringBitmapArray();
                rows.stream().forEach(inOrder::add);
                compressed.put(file, inOrder);
            }
        }
        return compressed;
    }
}
