package cdf.postgres;

import io.debezium.spi.snapshot.Snapshotter;

import java.util.Map;

/**
 * For Debezium: read tables whole although the slot is there already, and then stream from where the slot is, and not from
 * where the tables were read. So changes between the two come again after the rows that have them; what was read, together
 * with all changes since the slot's position, adds up to the tables, whatever moment they were read at.
 */
public final class FurtherSnapshot implements Snapshotter {
    static final String NAME = "cdf_further";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void configure(Map<String, ?> properties) {}

    @Override
    public boolean shouldSnapshotData(boolean offsetExists, boolean snapshotInProgress) {
        return true;
    }

    @Override
    public boolean shouldSnapshotSchema(boolean offsetExists, boolean snapshotInProgress) {
        return false;
    }

    @Override
    public boolean shouldStream() {
        return true;
    }

    @Override
    public boolean shouldSnapshotOnSchemaError() {
        return false;
    }

    @Override
    public boolean shouldSnapshotOnDataError() {
        return false;
    }

    @Override
    public boolean shouldStreamEventsStartingFromSnapshot() {
        return false;
    }
}
