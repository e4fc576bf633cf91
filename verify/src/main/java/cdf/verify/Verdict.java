package cdf.verify;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a verification found.
 *
 * @param version the version of the table that was compared
 * @param positions of each partition, the offset up to which the topic was replayed: those that the version records
 * @param events how many events were replayed
 * @param rows how many rows of the table were compared
 * @param unproven how many of them the topic no longer tells anything of, because it does not reach back to its beginning
 * @param differences the rows that are not what the topic adds up to
 * @param feedChanges how many changes the change data feed has, if it was checked
 * @param ledger the comparison with the generator's truth, if there was one
 * @param source the comparison with the source database, if there was one
 * @param versionsWithSum in how many versions that end a transaction the sum was checked that none changes, if it was
 * @param findings what else is wrong, a sentence each
 * @param limits what could not be proved, a sentence each
 * @param time how long it took
 */
public record Verdict(
        long version,
        Map<Integer, Long> positions,
        long events,
        long rows,
        long unproven,
        RowDifferences differences,
        Optional<Long> feedChanges,
        Optional<LedgerComparison> ledger,
        Optional<SourceComparison> source,
        Optional<Long> versionsWithSum,
        List<String> findings,
        List<String> limits,
        Duration time) {
    public Verdict {
        positions = Map.copyOf(positions);
        findings = List.copyOf(findings);
        limits = List.copyOf(limits);
    }

    /** Everything that is wrong. */
    public long differenceCount() {
        return differences.total()
                + findings.size()
                + ledger.map(comparison -> comparison.unexplained().total()).orElse(0L)
                + source.map(comparison -> comparison.differences().total()).orElse(0L);
    }

    /** Whether nothing is wrong. */
    public boolean equal() {
        return differenceCount() == 0;
    }

    /** Whether nothing is wrong, and everything was proved. */
    public boolean verified() {
        return equal() && limits.isEmpty();
    }
}
