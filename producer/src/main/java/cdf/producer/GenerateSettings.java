package cdf.producer;

import cdf.generator.EventFormat;
import cdf.generator.WorkloadSettings;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What to generate.
 *
 * @param changes the number of changes; 0 for no end
 * @param tombstones whether a delete is followed by its key with a null value
 * @param malformed how many records that are no events to send for each change, on average: 0 to 1
 * @param ledger the file that gets the truth: the rows that must exist at the end
 * @param healthFile the file whose modification time shows that records are being acknowledged
 */
public record GenerateSettings(
        WorkloadSettings workload,
        long changes,
        Pace pace,
        EventFormat format,
        boolean tombstones,
        double malformed,
        Optional<Path> ledger,
        Optional<Path> healthFile) {
    public GenerateSettings {
        if (changes < 0 || malformed < 0 || malformed > 1) {
            throw new IllegalArgumentException("no workload: " + changes + " changes, " + malformed + " malformed");
        }
    }
}
