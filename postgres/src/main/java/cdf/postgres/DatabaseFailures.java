package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import io.debezium.DebeziumException;
import org.jspecify.annotations.Nullable;

import java.io.EOFException;
import java.net.SocketException;
import java.sql.SQLException;

/** Turns what the driver throws into what the user can mend. */
final class DatabaseFailures {
    private DatabaseFailures() {}

    /** Why a connection could not be made. */
    static CdfException connecting(DatabaseAddress address, SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        if (state.startsWith("28")) {
            return unreachable(
                    "PostgreSQL at " + address + " refuses the user or the password: " + firstLine(failure),
                    "give the password in PGPASSWORD, in the file of PGPASSFILE or as database.password in the file of"
                            + " --command-config; pg_hba.conf says who may connect",
                    failure);
        }
        if (state.equals("3D000")) {
            return unreachable(
                    "PostgreSQL at " + address + " has no such database: " + firstLine(failure),
                    "name one that exists, as the last part of --database; psql -l lists them",
                    failure);
        }
        if (state.equals("53300")) {
            return unreachable(
                    "PostgreSQL at " + address + " takes no more connections: " + firstLine(failure),
                    "raise max_connections, or close some",
                    failure);
        }
        return unreachable(
                "no PostgreSQL answers at " + address + ": " + firstLine(failure),
                "check host and port in --database, and that the server runs and listens there",
                failure);
    }

    /** What failed while a statement ran. */
    static CdfException running(DatabaseAddress address, String doing, SQLException failure) {
        return new CdfException(
                isAway(failure) ? ExitCode.BROKER_UNREACHABLE : ExitCode.FAILED,
                doing + " failed in " + address + ": " + firstLine(failure),
                "--debug shows where this comes from",
                failure);
    }

    private static CdfException unreachable(String problem, String hint, SQLException failure) {
        return new CdfException(ExitCode.BROKER_UNREACHABLE, problem, hint, failure);
    }

    /** Whether the server is there, and recovers or starts: it will take connections soon. */
    static boolean isStarting(SQLException failure) {
        return "57P03".equals(failure.getSQLState());
    }

    /** Whether the server, or the way to it, went away: it may be back later. */
    static boolean isAway(Throwable failure) {
        for (Throwable next = failure; next != null; next = next.getCause()) {
            if (next instanceof SocketException || next instanceof EOFException) {
                return true;
            }
            if (next instanceof SQLException sql) {
                // Class 08: connection exceptions; 57P: shutdown, crash, starting up; 53300: too many connections.
                String state = String.valueOf(sql.getSQLState());
                if (state.startsWith("08") || state.startsWith("57P") || state.equals("53300")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether Debezium has no form for a value: it would have none the next time either. */
    static boolean isUnconvertible(Throwable failure) {
        for (Throwable next = failure; next != null; next = next.getCause()) {
            if (next instanceof DebeziumException
                    && String.valueOf(next.getMessage()).startsWith("Failed to properly convert")) {
                return true;
            }
        }
        return false;
    }

    /** The server's own words for what failed, without position, detail and hint. */
    static String firstLine(Throwable failure) {
        Throwable root = failure;
        for (Throwable next = failure; next != null; next = next.getCause()) {
            if (next.getMessage() != null) {
                root = next;
            }
            if (next instanceof SQLException) {
                break;
            }
        }
        @Nullable String message = root.getMessage();
        return message == null
                ? root.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").replaceFirst("^(FATAL|ERROR): ", "");
    }
}
