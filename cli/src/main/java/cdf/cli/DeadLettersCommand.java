package cdf.cli;

import cdf.change.ExitCode;
import cdf.change.Row;
import cdf.change.Value;
import cdf.producer.CheckedCommand;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code cdf dead-letters}. */
@Command(
        name = "dead-letters",
        description =
                "Show the events that could not be applied to a table, with their place in the topic and the reason.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A dead letter in json: topic, partition, offset, Kafka's timestamp, reason, the column at fault, key and value."
                    + " A key or value that is not UTF-8 is there in base64, as keyBase64 or valueBase64 instead.",
            "The dead letters of DIR are a Delta table, too, in DIR-dead-letters."
        })
final class DeadLettersCommand implements CheckedCommand {
    private static final List<String> BYTES = List.of("key", "value");
    private static final List<String> COLUMNS =
            List.of("topic", "partition", "offset", "timestamp", "reason", "column", "key", "value");

    /** How dead letters are shown. */
    enum Format {
        TABLE,
        JSON
    }

    @Parameters(paramLabel = "DIR", description = "The directory of the table that the events were for.")
    private Path directory = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            defaultValue = "table",
            description =
                    "How to show them: table (default), in columns and with long values shortened; or json, one object"
                            + " a line.")
    private Format format = Format.TABLE;

    private final Terminal terminal;

    DeadLettersCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        return List.of();
    }

    @Override
    public ExitCode run() {
        return Reading.of(directory, terminal, this::show);
    }

    private void show(Reading reading) {
        Optional<Iterator<Row>> letters = reading.table().deadLetters();
        if (letters.isEmpty()) {
            terminal.notice("the table has no dead letters");
            return;
        }
        if (format == Format.JSON) {
            reading.show(letters.get(), new JsonRows(terminal.out())::print);
            return;
        }
        AlignedRows table = new AlignedRows(terminal.out(), COLUMNS, Set.of("topic", "reason"));
        long shown = reading.show(letters.get(), letter -> table.print(withTextOnly(letter)));
        table.finish();
        reading.flush();
        if (!reading.ended()) {
            terminal.err().printf(Locale.ROOT, "%,d dead letters%n", shown);
        }
    }

    /** The letter with its bytes in columns of one name, whether they are text or not. */
    private static Row withTextOnly(Row letter) {
        Map<String, Value> values = new LinkedHashMap<>(letter.columns());
        for (String name : BYTES) {
            Value base64 = values.remove(name + "Base64");
            if (base64 != null) {
                values.put(name, new Value.Text("base64:" + base64.text()));
            }
        }
        return new Row(values);
    }
}
