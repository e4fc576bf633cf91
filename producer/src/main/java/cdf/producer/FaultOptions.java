package cdf.producer;

import cdf.generator.Fault;
import cdf.generator.Faults;
import picocli.CommandLine.Option;

import java.util.Map;

/** What is to go wrong on purpose: a rate for each fault, 0 to 1. */
final class FaultOptions {
    private static final String DEFAULT = " 0 to 1. Default: 0.";

    @Option(
            names = "--malformed",
            paramLabel = "F",
            defaultValue = "0",
            description =
                    "Besides the changes, send records that are no events: F for each change, 0 to 1. The kinds take"
                            + " turns. Default: 0.")
    private double malformed;

    @Option(
            names = "--duplicates",
            paramLabel = "F",
            defaultValue = "0",
            description = "Send this share of the events again at once," + DEFAULT)
    private double duplicates;

    @Option(
            names = "--late-duplicates",
            paramLabel = "F",
            defaultValue = "0",
            description = "Send this share of the events again after 1 to 1000 others, when the row may have changed or"
                    + " gone," + DEFAULT)
    private double lateDuplicates;

    @Option(
            names = "--deletes-without-before",
            paramLabel = "F",
            defaultValue = "0",
            description = "Leave \"before\" null in this share of the deletes: the record key tells the row," + DEFAULT)
    private double deletesWithoutBefore;

    @Option(
            names = "--updates-without-before",
            paramLabel = "F",
            defaultValue = "0",
            description = "Leave \"before\" null in this share of the updates," + DEFAULT)
    private double updatesWithoutBefore;

    @Option(
            names = "--extra-fields",
            paramLabel = "F",
            defaultValue = "0",
            description = "Add unknown fields, nested ones too, to this share of the events, in the envelope and in the"
                    + " rows," + DEFAULT)
    private double extraFields;

    @Option(
            names = "--unusual-keys",
            paramLabel = "F",
            defaultValue = "0",
            description =
                    "Give this share of the rows ids with unusual characters: quotes, control characters, emoji, JSON,"
                            + " a thousand characters and more," + DEFAULT)
    private double unusualKeys;

    /** The rates, which may have problems. */
    Faults faults() {
        return new Faults(Map.of(
                Fault.MALFORMED, malformed,
                Fault.DUPLICATE, duplicates,
                Fault.LATE_DUPLICATE, lateDuplicates,
                Fault.DELETE_WITHOUT_BEFORE, deletesWithoutBefore,
                Fault.UPDATE_WITHOUT_BEFORE, updatesWithoutBefore,
                Fault.EXTRA_FIELDS, extraFields,
                Fault.UNUSUAL_KEY, unusualKeys));
    }
}
