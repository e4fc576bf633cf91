package cdf.producer;

import cdf.generator.EventFormat;
import cdf.generator.Faults;
import cdf.generator.WorkloadSettings;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What to generate.
 *
 * @param changes the number of changes; 0 for no end
 * @param tombstones whether a delete is followed by its key with a null value
 * @param faults what goes wrong on purpose
 * @param ledger the file that gets the truth: the rows that must exist at the end; a file beside it gets the faults
 * @param healthFile the file whose modification time shows that records are being acknowledged
 */
public record GenerateSettings(
        WorkloadSettings workload,
        long changes,
        Pace pace,
        EventFormat format,
        boolean tombstones,
        Faults faults,
        Optional<Path> ledger,
        Optional<Path> healthFile) {
    public GenerateSettings {
        if (changes < 0 || !faults.problems().isEmpty()) {
            throw new IllegalArgumentException("no workload: " + changes + " changes, " + faults);
        }
    }

    /** Plain events without tombstones and faults, and no files. */
    public static GenerateSettings faultless(WorkloadSettings workload, long changes, Pace pace) {
        return new GenerateSettings(
                workload, changes, pace, EventFormat.PLAIN, false, Faults.NONE, Optional.empty(), Optional.empty());
    }
}
