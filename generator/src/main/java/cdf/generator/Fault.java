package cdf.generator;

import java.util.Locale;

/** What can be put into a topic on purpose, to test how a consumer bears it. */
public enum Fault {
    /** A record that is no event: one of {@link MalformedRecords.Kind}. */
    MALFORMED("malformed", "malformed records"),
    /** An event that is sent again at once. */
    DUPLICATE("duplicates", "duplicates"),
    /** An event that is sent again after others, when its row may have changed or gone. */
    LATE_DUPLICATE("lateDuplicates", "late duplicates"),
    /** A delete whose {@code before} is null: the record's key tells the row. */
    DELETE_WITHOUT_BEFORE("deletesWithoutBefore", "deletes without before"),
    /** An update whose {@code before} is null. */
    UPDATE_WITHOUT_BEFORE("updatesWithoutBefore", "updates without before"),
    /** An event with fields, in its envelope and its rows, that nobody knows. */
    EXTRA_FIELDS("extraFields", "with extra fields"),
    /** An event of a row whose id has unusual characters: one of {@link UnusualKeys.Kind}. */
    UNUSUAL_KEY("unusualKeys", "with unusual keys");

    private final String field;
    private final String label;

    Fault(String field, String label) {
        this.field = field;
        this.label = label;
    }

    /** The name in a ledger: lower-case, with hyphens. */
    public String ledgerName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The name of the field with its count in a summary. */
    public String field() {
        return field;
    }

    /** What a count is of, for people. */
    public String label() {
        return label;
    }

    /** The option that asks for it: the field's name in lower case, with hyphens. */
    public String option() {
        return "--" + field.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
