package cdf.producer;

import cdf.generator.EventFormat;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

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

    @Option(
            names = "--malformed",
            paramLabel = "F",
            defaultValue = "0",
            description =
                    "Besides the changes, send records that are no events: F for each change, 0 to 1. Default: 0.")
    private double malformed;

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "Write the rows that must exist at the end to this file, one JSON object a line.")
    private @Nullable Path ledger;

    @Option(
            names = "--health-file",
            paramLabel = "FILE",
            description = "Touch this file every second while the broker acknowledges what is sent.")
    private @Nullable Path healthFile;

    /** All that is wrong with these options. */
    List<String> problems() {
        List<String> problems = new ArrayList<>(WorkloadSettings.problems(rows, mix, minValue, maxValue));
        if (events < 0) {
            problems.add("--events: " + events + " is negative; 0 is for no end");
        }
        Pace.problem(eventsPerSecond).ifPresent(problems::add);
        if (partitions < 1) {
            problems.add("--partitions: " + partitions + " is not at least 1");
        }
        if (!(malformed >= 0 && malformed <= 1)) {
            problems.add("--malformed: " + malformed + " is not from 0 to 1");
        }
        for (Path file : fileOptions()) {
            Path directory = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file)) {
                problems.add("cannot write the file " + file + ": it is a directory");
            } else if (directory == null || !Files.isDirectory(directory)) {
                problems.add("cannot write the file " + file + ": there is no directory " + directory);
            } else if (!Files.isWritable(Files.exists(file) ? file : directory)) {
                problems.add("cannot write the file " + file + ": this user may not");
            }
        }
        return problems;
    }

    private List<Path> fileOptions() {
        List<Path> files = new ArrayList<>();
        Optional.ofNullable(ledger).ifPresent(files::add);
        Optional.ofNullable(healthFile).ifPresent(files::add);
        return files;
    }

    int partitions() {
        return partitions;
    }

    /** The settings; call it only when there are no {@link #problems()}. */
    GenerateSettings settings() {
        return new GenerateSettings(
                new WorkloadSettings(seed, rows, Mix.parse(mix), minValue, maxValue),
                events,
                new Pace(eventsPerSecond),
                format,
                tombstones,
                malformed,
                Optional.ofNullable(ledger),
                Optional.ofNullable(healthFile));
    }
}
