package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that a capture needs of the database, looked at before anything is changed, so that everything that is wrong is told at
 * once.
 */
final class Preflight {
    /** Earlier ones do not send the marks that tell where an idle database is, and are no longer supported. */
    private static final int OLDEST_VERSION = 14;

    /** From here on it is worth a line that a slot holds the server's log. */
    private static final long MUCH_HELD = 64L << 20;

    static final String BEGIN_AGAIN =
            "cdf capture --drop-slot … removes what is left; then capture under another --topic-prefix, into another table:"
                    + " nobody knows what was deleted in between";

    /** As in Debezium's UnchangedToastedReplicationMessageColumn. */
    private static final String ARRAYS_WITH_PLACEHOLDER =
            "('_text', '_varchar', '_bpchar', '_json', '_jsonb', '_bytea', '_int4', '_date', '_int8', '_uuid')";

    /** A numeric has none either; but for one to be stored apart, its row needs more than 16,000 digits. */
    private static final String WITHOUT_PLACEHOLDER =
            "('varbit', 'geometry', 'geography', 'vector', 'halfvec', 'sparsevec')";

    /**
     * Something that must be mended first.
     *
     * @param mend the SQL that does, or what else to do
     */
    record Problem(String what, String mend) {}

    /**
     * What is there.
     *
     * @param problems empty if the capture can begin
     * @param warnings what is not in the way, a line each
     */
    record Findings(List<Problem> problems, List<String> warnings, Optional<ReplicationSlot> slot) {
        /** @throws CdfException with all problems, if there are any */
        void check() {
            if (problems.isEmpty()) {
                return;
            }
            StringBuilder text = new StringBuilder();
            if (problems.size() > 1) {
                text.append(problems.size()).append(" things are in the way:");
            }
            for (Problem problem : problems) {
                text.append(problems.size() > 1 ? "\n- " : "").append(problem.what());
                text.append("\n    ").append(problem.mend());
            }
            throw new CdfException(
                    ExitCode.FAILED,
                    text.toString(),
                    "mend this as a superuser or as the tables' owner, and run it again; nothing has been changed");
        }
    }

    private final Connection connection;
    private final CaptureSettings settings;
    private final Optional<CapturePosition> position;
    private final List<Problem> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final String user;

    private Preflight(Connection connection, CaptureSettings settings, Optional<CapturePosition> position) {
        this.connection = connection;
        this.settings = settings;
        this.position = position;
        this.user = Sql.identifier(settings.database().user());
    }

    /** @param position what an earlier run left, if there was one */
    static Findings look(Connection connection, CaptureSettings settings, Optional<CapturePosition> position)
            throws SQLException {
        Preflight preflight = new Preflight(connection, settings, position);
        Optional<ReplicationSlot> slot = ReplicationSlot.find(connection, settings.slot());
        preflight.server(slot.isPresent());
        preflight.tables();
        preflight.slot(slot);
        preflight.publication(slot);
        return new Findings(List.copyOf(preflight.problems), List.copyOf(preflight.warnings), slot);
    }

    private void add(String what, String mend) {
        problems.add(new Problem(what, mend));
    }

    private void server(boolean slotExists) throws SQLException {
        int version = connection.getMetaData().getDatabaseMajorVersion();
        if (version < OLDEST_VERSION) {
            add("this is PostgreSQL " + version, "capture needs PostgreSQL " + OLDEST_VERSION + " or later");
        }
        if (is("SELECT pg_is_in_recovery()")) {
            add("this server is a standby", "name its primary with --database");
        }
        String walLevel = text("SHOW wal_level");
        if (!walLevel.equals("logical")) {
            add(
                    "wal_level is " + walLevel + ", and changes are only in a log of level logical",
                    "ALTER SYSTEM SET wal_level = 'logical';  -- then restart PostgreSQL");
        }
        // Managed services give the right through a role of theirs.
        if (!is("SELECT rolreplication OR rolsuper OR EXISTS (SELECT FROM pg_roles AS given"
                + " WHERE given.rolname IN ('rds_replication', 'cloudsqlsuperuser', 'azure_pg_admin')"
                + " AND pg_has_role(given.oid, 'MEMBER')) FROM pg_roles WHERE rolname = current_user")) {
            add("the user " + user + " may not replicate", "ALTER ROLE " + user + " REPLICATION;");
        }
        if (!slotExists) {
            freeSlot();
        }
    }

    private void freeSlot() throws SQLException {
        int most = Integer.parseInt(text("SHOW max_replication_slots"));
        int used = Integer.parseInt(text("SELECT count(*) FROM pg_replication_slots"));
        if (used < most) {
            return;
        }
        List<String> unused = texts("SELECT slot_name FROM pg_replication_slots WHERE NOT active ORDER BY 1");
        String drop = unused.isEmpty()
                ? ""
                : "  -- or, if nobody needs it: SELECT pg_drop_replication_slot(" + Sql.literal(unused.get(0)) + ");";
        add(
                "all " + most + " replication slots are taken (max_replication_slots)",
                "ALTER SYSTEM SET max_replication_slots = " + (most + 10) + ";  -- then restart PostgreSQL" + drop);
    }

    private void tables() throws SQLException {
        for (TableName table : settings.tables()) {
            try (PreparedStatement statement = connection.prepareStatement("""
                    SELECT c.relkind::text AS kind, c.relpersistence::text AS persistence, c.relreplident::text AS identity,
                           has_schema_privilege(n.oid, 'USAGE') AS may_use,
                           has_table_privilege(c.oid, 'SELECT') AS may_select,
                           (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
                           (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident) AS index
                    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = ? AND c.relname = ?""")) {
                statement.setString(1, table.schema());
                statement.setString(2, table.table());
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        table(table, row);
                    } else {
                        missing(table);
                    }
                }
            }
        }
    }

    private void table(TableName table, ResultSet row) throws SQLException {
        if (!Set.of("r", "p").contains(row.getString("kind"))) {
            add(table + " is no table", "name the tables behind it with --tables");
            return;
        }
        if (!row.getString("persistence").equals("p")) {
            add(table + " is not logged", "ALTER TABLE " + table.sql() + " SET LOGGED;");
        }
        if (!row.getBoolean("may_use")) {
            add(
                    "the user " + user + " may not use the schema " + Sql.identifier(table.schema()),
                    "GRANT USAGE ON SCHEMA " + Sql.identifier(table.schema()) + " TO " + user + ";");
        }
        if (!row.getBoolean("may_select")) {
            add("the user " + user + " may not read " + table, "GRANT SELECT ON " + table.sql() + " TO " + user + ";");
        }
        long key = row.getLong("key");
        if (key == 0) {
            add(table + " has no primary key, and nothing else tells its rows apart", addKey(table));
        }
        String identity = row.getString("identity");
        if (identity.equals("n") || (identity.equals("i") && key != 0 && row.getLong("index") != key)) {
            add(
                    "the replica identity of " + table
                            + (identity.equals("n") ? " is NOTHING" : " is another index than its primary key")
                            + ", so its updates and deletes do not tell the row",
                    "ALTER TABLE " + table.sql() + " REPLICA IDENTITY DEFAULT;");
        }
        unsentValues(table);
    }

    /**
     * Where an update leaves a large value as it was, the log has it only with the whole old row. For most types Debezium then
     * writes a placeholder; for these it has none.
     */
    private void unsentValues(TableName table) throws SQLException {
        List<String> columns = texts(
                "SELECT quote_ident(a.attname) FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid"
                        + " JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                        + " WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped"
                        + " AND a.attstorage IN ('x', 'e') AND (t.typname IN " + WITHOUT_PLACEHOLDER
                        + " OR (t.typcategory = 'A' AND t.typname NOT IN " + ARRAYS_WITH_PLACEHOLDER + "))"
                        + " ORDER BY a.attnum",
                table.schema(),
                table.table());
        // A partitioned table's rows are in its partitions, each with an identity of its own.
        List<String> mend = texts(
                "SELECT format('ALTER TABLE %I.%I REPLICA IDENTITY FULL;', ln.nspname, leaf.relname)"
                        + " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                        + " LEFT JOIN LATERAL pg_partition_tree(c.oid) AS part ON part.isleaf"
                        + " JOIN pg_class AS leaf ON leaf.oid = coalesce(part.relid, c.oid)"
                        + " JOIN pg_namespace AS ln ON ln.oid = leaf.relnamespace"
                        + " WHERE n.nspname = ? AND c.relname = ? AND leaf.relreplident <> 'f' ORDER BY 1",
                table.schema(), table.table());
        if (!columns.isEmpty() && !mend.isEmpty()) {
            add(
                    "an update of " + table + " that leaves a large value of " + String.join(", ", columns)
                            + " as it was does not tell it, and Debezium has no placeholder for its type",
                    String.join("\n    ", mend));
        }
    }

    private String addKey(TableName table) throws SQLException {
        List<String> unique = texts(
                "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) FROM pg_index AS i"
                        + " JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                        + " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)"
                        + " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum"
                        + " WHERE n.nspname = ? AND c.relname = ? AND i.indisunique AND i.indisvalid"
                        + " AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts"
                        + " GROUP BY i.indexrelid ORDER BY bool_and(a.attnotnull) DESC, 1",
                table.schema(),
                table.table());
        if (!unique.isEmpty()) {
            return "ALTER TABLE " + table.sql() + " ADD PRIMARY KEY (" + unique.get(0) + ");";
        }
        List<String> columns = texts(
                "SELECT a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
                        + " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?",
                table.schema(),
                table.table());
        String free = "id";
        while (columns.contains(free)) {
            free = "row_" + free;
        }
        return "ALTER TABLE " + table.sql() + " ADD COLUMN " + free
                + " bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;";
    }

    private void missing(TableName table) throws SQLException {
        List<String> near = texts("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c"
                + " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
                + " AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'");
        String wanted = table.toString();
        Optional<String> nearest = near.stream()
                .filter(name -> distance(name.replace("\"", ""), wanted) <= Math.max(2, wanted.length() / 3))
                .min(Comparator.comparing((String name) -> distance(name.replace("\"", ""), wanted))
                        .thenComparing(Comparator.naturalOrder()));
        add(
                "there is no table " + table + " in the database "
                        + settings.database().database(),
                nearest.map(name -> "did you mean " + name + "?")
                        .orElseGet(() -> near.isEmpty()
                                ? "the database has no tables"
                                : "there are "
                                        + String.join(
                                                ", ",
                                                near.stream().sorted().limit(10).toList())));
    }

    /** How many letters to change, add or take away to make one word of the other, whatever their case. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int column = 0; column <= other.length(); column++) {
            row[column] = column;
        }
        for (int line = 1; line <= one.length(); line++) {
            int diagonal = row[0];
            row[0] = line;
            for (int column = 1; column <= other.length(); column++) {
                boolean same =
                        Character.toLowerCase(one.charAt(line - 1)) == Character.toLowerCase(other.charAt(column - 1));
                int best = Math.min(diagonal + (same ? 0 : 1), 1 + Math.min(row[column], row[column - 1]));
                diagonal = row[column];
                row[column] = best;
            }
        }
        return row[other.length()];
    }

    /**
     * A slot that was made again under the same name starts later than where an earlier run was.
     *
     * @throws CdfException if it does
     */
    static void checkNothingLost(CaptureSettings settings, ReplicationSlot slot, CapturePosition position) {
        lost(settings, slot, position)
                .ifPresent(problem -> new Findings(List.of(problem), List.of(), Optional.of(slot)).check());
    }

    private static Optional<Problem> lost(CaptureSettings settings, ReplicationSlot slot, CapturePosition position) {
        if (position.lsn().equals(Lsn.NONE) || slot.confirmed().compareTo(position.lsn()) <= 0) {
            return Optional.empty();
        }
        return Optional.of(new Problem(
                "the replication slot " + slot.name() + " is at " + slot.confirmed() + ", but only what was before "
                        + position.lsn() + " is in " + settings.topicPrefix()
                        + ".*: it was made again or moved, and changes are lost",
                BEGIN_AGAIN));
    }

    private void slot(Optional<ReplicationSlot> found) throws SQLException {
        if (found.isEmpty()) {
            position.filter(earlier -> !earlier.lsn().equals(Lsn.NONE))
                    .ifPresent(earlier -> add(
                            "the replication slot " + settings.slot() + " is gone, and with it the changes since "
                                    + earlier.lsn(),
                            BEGIN_AGAIN));
            return;
        }
        ReplicationSlot slot = found.get();
        if (!slot.plugin().equals("pgoutput")
                || !slot.database().equals(settings.database().database())) {
            add(
                    "the replication slot " + slot.name() + " is somebody else's: "
                            + (slot.plugin().isEmpty()
                                    ? "it is physical"
                                    : "plug-in " + slot.plugin() + ", database " + slot.database()),
                    "name another with --slot");
            return;
        }
        if (!slot.lost().isEmpty()) {
            add(
                    "the replication slot " + slot.name() + " is lost (" + slot.lost()
                            + "), and with it the changes since " + slot.confirmed() + ", " + size(slot.heldBytes())
                            + " of the log before its end",
                    BEGIN_AGAIN);
            return;
        }
        behind(slot);
        if (slot.active()) {
            add(
                    "the replication slot " + slot.name() + " is in use by another process",
                    "end the other cdf capture, or SELECT pg_terminate_backend(" + slot.activeProcess() + ");");
        } else if (position.isEmpty()) {
            add(
                    "the replication slot " + slot.name() + " exists, but " + settings.offsetsTopic()
                            + " knows nothing of it: it was not made for this topic prefix, or that topic was deleted",
                    "SELECT pg_drop_replication_slot(" + Sql.literal(slot.name())
                            + ");  -- or name another with --slot");
        } else {
            lost(settings, slot, position.get()).ifPresent(problems::add);
        }
    }

    private void behind(ReplicationSlot slot) throws SQLException {
        String held = "the replication slot " + slot.name() + " is behind: the server holds " + size(slot.heldBytes())
                + " of its log for it";
        if (slot.endangered()) {
            warnings.add(
                    held + ", more than max_slot_wal_keep_size, and may remove it at any time, and with it changes;"
                            + " ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf(); keeps it");
        } else if (slot.heldBytes() > MUCH_HELD) {
            warnings.add(held);
        }
    }

    private String size(long bytes) throws SQLException {
        return text("SELECT pg_size_pretty(" + bytes + "::bigint)");
    }

    private void publication(Optional<ReplicationSlot> slot) throws SQLException {
        String name = settings.publication();
        Set<TableName> wanted = new TreeSet<>(settings.tables());
        Optional<Publication> existing = Publication.find(connection, name);
        if (existing.isEmpty()) {
            if (slot.isPresent() && position.isPresent()) {
                add(
                        "the publication " + name + " is gone, and the replication slot " + settings.slot()
                                + " cannot be read without it",
                        "cdf capture --drop-slot … removes what is left; then begin again");
            } else {
                if (mayPublish("CREATE PUBLICATION", Publication.create(name, wanted) + ";", wanted)
                        && !is("SELECT has_database_privilege(current_database(), 'CREATE')")) {
                    add(
                            "the user " + user + " may not create the publication " + name,
                            "GRANT CREATE ON DATABASE "
                                    + Sql.identifier(settings.database().database()) + " TO " + user + ";");
                }
            }
            return;
        }
        if (!existing.get().complete()) {
            add(
                    "the publication " + name + " leaves out some kinds of changes",
                    "ALTER PUBLICATION " + Sql.identifier(name)
                            + " SET (publish = 'insert, update, delete, truncate');");
        }
        Set<TableName> missing = existing.get().missing(wanted);
        Set<TableName> read = position.map(CapturePosition::tables).orElse(Set.of());
        missing.stream()
                .filter(table -> slot.isPresent() && read.contains(table))
                .forEach(table -> add(
                        table + " is no longer in the publication " + name
                                + ": it was taken out or made again, and changes are lost",
                        BEGIN_AGAIN));
        missing.removeAll(read);
        if (!missing.isEmpty()) {
            mayPublish("ALTER PUBLICATION", Publication.add(name, missing) + ";", missing);
        }
    }

    /** Only the owner of the publication and of a table may publish it; an administrator may do it instead. */
    private boolean mayPublish(String doing, String statement, Set<TableName> tables) throws SQLException {
        List<String> foreign = new ArrayList<>(texts(
                "SELECT 'the publication ' || pubname FROM pg_publication"
                        + " WHERE pubname = ? AND NOT pg_has_role(pubowner, 'USAGE')",
                settings.publication()));
        for (TableName table : tables) {
            foreign.addAll(texts(
                    "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                            + " WHERE n.nspname = ? AND c.relname = ? AND NOT pg_has_role(c.relowner, 'USAGE')",
                    table.schema(),
                    table.table()));
        }
        if (!foreign.isEmpty()) {
            add(
                    "the user " + user + " does not own " + String.join(", ", foreign) + ", as " + doing + " wants",
                    statement + "  -- as owner of all of it");
        }
        return foreign.isEmpty();
    }

    private boolean is(String query) throws SQLException {
        return text(query).equals("t");
    }

    private String text(String query) throws SQLException {
        return texts(query).stream().findFirst().orElse("");
    }

    private List<String> texts(String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int index = 0; index < parameters.length; index++) {
                statement.setString(index + 1, parameters[index]);
            }
            List<String> all = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    all.add(String.valueOf(row.getString(1)));
                }
            }
            return all;
        }
    }
}
