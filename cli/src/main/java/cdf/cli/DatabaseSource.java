package cdf.cli;

import cdf.change.Column;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.DatabaseSnapshot;
import cdf.postgres.ReplicationSlot;
import cdf.postgres.TableName;
import cdf.verify.SourceSnapshot;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A PostgreSQL table as what a Delta table is compared with.
 *
 * @param slot the replication slot of the capture
 */
record DatabaseSource(DatabaseAddress database, TableName table, String slot) implements SourceSnapshot.Source {
    @Override
    public SourceSnapshot open() {
        DatabaseSnapshot snapshot = DatabaseSnapshot.open(database, table);
        return new SourceSnapshot() {
            @Override
            public void awaitCaptured(Consumer<String> waiting) {
                ReplicationSlot.awaitCaptured(database, slot, waiting);
            }

            @Override
            public boolean includes(long transaction) {
                return snapshot.includes(transaction);
            }

            @Override
            public Set<String> columns() {
                return snapshot.columns();
            }

            @Override
            public boolean isReadable(Column column) {
                return snapshot.isReadable(column);
            }

            @Override
            public void rows(List<Column> columns, Consumer<List<@Nullable Object>> reader) {
                snapshot.rows(columns, reader);
            }

            @Override
            public void close() {
                snapshot.close();
            }
        };
    }
}
