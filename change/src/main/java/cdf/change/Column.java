package cdf.change;

import java.io.Serializable;
import java.util.regex.Pattern;

/** A column of a table; of any column but a key column, a row may have null. */
public record Column(String name, ColumnType type) implements Serializable {
    /** Delta Lake's forbidden characters and JSON's; the quote of a schema's text can then be put around every name. */
    private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl} ,;{}()=`\"\\\\]+");

    public Column {
        if (!isName(name)) {
            throw new IllegalStateException("unchecked name of a column: " + name);
        }
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }
}
