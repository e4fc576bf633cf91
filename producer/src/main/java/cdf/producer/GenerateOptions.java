package cdf.producer;

import cdf.generator.EventFormat;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** What to generate: the options of the simulated database. */
final class GenerateOptions {
    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many changes to make; 0, the default, for no end.")
    private long events;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            defaultValue = "2",
            description = "How many changes to make a second, 1 to 1000000; 0 for as fast as possible."
                    + " Environment: EVENTS_PER_SEC. Default: 2.")
    private long eventsPerSecond;

    @Option(
            names = "--profile",
            paramLabel = "P",
            defaultValue = "steady",
            description =
                    "How the events of --events-per-second R spread: steady (default); burst: of every 10 s, 2 at 5R,"
                            + " then a pause; ramp: from 0 to 2R within each minute. R on average.")
    private Profile profile = Profile.STEADY;

    @Option(
            names = "--min-value",
            paramLabel = "N",
            defaultValue = "1",
            description = "The lowest balance. Environment: MIN_VALUE. Default: 1.")
    private long minValue;

    @Option(
            names = "--max-value",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The highest balance. Environment: MAX_VALUE. Default: 1000.")
    private long maxValue;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The number of live rows that the table grows to and then hovers around. Default: 1000.")
    private int rows;

    @Option(
            names = "--mix",
            paramLabel = "C:U:D",
            defaultValue = "40:40:20",
            description = "The weights of creates, updates and deletes. Default: 40:40:20.")
    private String mix = "";

    @Option(
            names = "--skew",
            paramLabel = "S",
            defaultValue = "0",
            description =
                    "How unevenly updates and deletes fall on the rows: the exponent of Zipf's law, 0 to 10, often"
                            + " 0.99. Default: 0, all rows alike.")
    private double skew;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same changes. Default: a new one each time, shown at the end.")
    private long seed = new SplittableRandom().nextLong(Integer.MAX_VALUE);

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "The partitions of the topic, when it is created. Default: 4.")
    private int partitions;

    @Option(
            names = "--format",
            paramLabel = "F",
            defaultValue = "plain",
            description = "What an event looks like: plain (default), debezium with a source block, or wrapped with"
                    + " its schema.")
    private EventFormat format = EventFormat.PLAIN;

    @Option(names = "--tombstones", description = "After a delete, send its key once more with a null value.")
    private boolean tombstones;

    @Mixin
    private FaultOptions faults = new FaultOptions();

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description =
                    "Write the rows that must exist at the end to this file, one JSON object a line, and the faults"
                            + " with their places in the topic to FILE.faults.")
    private @Nullable Path ledger;

    @Option(
            names = "--health-file",
            paramLabel = "FILE",
            description = "Touch this file every second while the broker acknowledges what is sent.")
    private @Nullable Path healthFile;

    /** All that is wrong with these options. */
    List<String> problems() {
        List<String> problems = new ArrayList<>(WorkloadSettings.problems(rows, mix, minValue, maxValue, skew));
        if (events < 0) {
            problems.add("--events: " + events + " is negative; 0 is for no end");
        }
        problems.addAll(Pace.problems(eventsPerSecond, profile));
        if (partitions < 1) {
            problems.add("--partitions: " + partitions + " is not at least 1");
        }
        problems.addAll(faults.faults().problems());
        Stream.of(
                        Optional.ofNullable(ledger).map(Ledger::new).flatMap(GenerateOptions::ledgerProblem),
                        Optional.ofNullable(healthFile).flatMap(GenerateOptions::fileProblem))
                .flatMap(Optional::stream)
                .forEach(problems::add);
        return problems;
    }

    private static Optional<String> ledgerProblem(Ledger ledger) {
        return fileProblem(ledger.rows()).or(() -> fileProblem(ledger.faults()));
    }

    private static Optional<String> fileProblem(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            return Optional.of("cannot write the file " + file + ": it is a directory");
        }
        if (directory == null || !Files.isDirectory(directory)) {
            return Optional.of("cannot write the file " + file + ": there is no directory " + directory);
        }
        return Files.isWritable(Files.exists(file) ? file : directory)
                ? Optional.empty()
                : Optional.of("cannot write the file " + file + ": this user may not");
    }

    int partitions() {
        return partitions;
    }

    /** The settings; call it only when there are no {@link #problems()}. */
    GenerateSettings settings() {
        return new GenerateSettings(
                new WorkloadSettings(seed, rows, Mix.parse(mix), minValue, maxValue, skew),
                events,
                new Pace(eventsPerSecond, profile),
                format,
                tombstones,
                faults.faults(),
                Optional.ofNullable(ledger),
                Optional.ofNullable(healthFile));
    }
}
