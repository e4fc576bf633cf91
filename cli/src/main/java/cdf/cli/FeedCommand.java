package cdf.cli;

import cdf.change.ExitCode;
import cdf.lake.TableReader;
import cdf.producer.CheckedCommand;
import cdf.producer.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code cdf feed}. */
@Command(
        name = "feed",
        description = "Show the changes of a Delta table from version to version, in the order of version and key.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A change in json: version and timestamp of the commit, op (c create, u update, d delete), before and after,"
                    + " with values as in cdf table. An update is one change with both rows."
        })
final class FeedCommand implements CheckedCommand {
    private static final Duration TIME_BETWEEN_LOOKS = Duration.ofMillis(250);

    /** How changes are shown. */
    enum Format {
        PRETTY,
        JSON
    }

    @Parameters(paramLabel = "DIR", description = "The directory of the table.")
    private Path directory = Path.of("");

    @Option(
            names = "--from-version",
            paramLabel = "V",
            defaultValue = "0",
            description = "The first version whose changes to show. Default: 0.")
    private long fromVersion;

    @Option(
            names = "--to-version",
            paramLabel = "V",
            description = "The last version whose changes to show. Default: the newest, or with --follow none.")
    private @Nullable Long toVersion;

    @Option(names = "--follow", description = "Go on with new versions as they come. Ctrl-C ends it.")
    private boolean follow;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "pretty|json",
            defaultValue = "pretty",
            description = "How to show changes: pretty (default), or json, one object a line.")
    private Format format = Format.PRETTY;

    private final Terminal terminal;

    FeedCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (fromVersion < 0) {
            problems.add("--from-version: " + fromVersion + " is negative; the first version is 0");
        }
        if (toVersion != null && toVersion < fromVersion) {
            problems.add("--to-version: " + toVersion + " is before --from-version, " + fromVersion);
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        return Reading.of(directory, terminal, this::show);
    }

    private void show(Reading reading) {
        TableReader table = reading.table();
        FeedFormat lines = format == Format.JSON
                ? new JsonFeedFormat()
                : new PrettyFeedFormat(table.key(), terminal.colourOut(), ZoneId.systemDefault());
        long last = lastVersion(table);
        long next = fromVersion;
        long shown = 0;
        while (next <= last && !reading.ended()) {
            long available = Math.min(last, table.newestVersion());
            if (next > available) {
                reading.pause(TIME_BETWEEN_LOOKS);
                continue;
            }
            shown += reading.show(
                    table.changes(next, available), change -> terminal.out().println(lines.line(change)));
            next = available + 1;
        }
        if (format == Format.PRETTY && !follow && !reading.ended()) {
            terminal.err().printf(Locale.ROOT, "%,d changes, versions %d to %d%n", shown, fromVersion, last);
        }
    }

    /** The last version to show, when there are the versions to begin and to end with. */
    private long lastVersion(TableReader table) {
        long newest = table.newestVersion();
        // Who follows may begin with what comes next.
        if (!follow || fromVersion != newest + 1) {
            table.requireChanges(fromVersion);
        }
        if (follow) {
            return toVersion == null ? Long.MAX_VALUE : toVersion;
        }
        if (toVersion == null) {
            return newest;
        }
        table.requireChanges(toVersion);
        return toVersion;
    }
}
