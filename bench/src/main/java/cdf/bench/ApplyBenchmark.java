package cdf.bench;

import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import cdf.producer.CheckedCommand;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** {@code bench/apply}. */
@Command(
        name = "bench/apply",
        description =
                "How fast cdf apply puts changes into a Delta table, beside Delta's MERGE in foreachBatch with the"
                        + " same batches.",
        mixinStandardHelpOptions = true)
final class ApplyBenchmark implements CheckedCommand {
    /** What can be measured alone. */
    private enum Part {
        BULK,
        LARGE,
        SMALL,
        LATENCY,
        INDEX,
        FEED,
        PAGE,
        COMMITS
    }

    @Option(
            names = "--parts",
            paramLabel = "PART",
            split = ",",
            defaultValue = "bulk,large,small,latency,index,feed,page",
            description =
                    "What to measure, separated by commas: bulk, large, small, latency, index, feed, page, commits. Default:"
                            + " all but the last, a run of 10,000 commits.")
    private List<Part> parts = List.of();

    @Option(names = "--quick", description = "Much smaller, to try the benchmark itself: its figures mean nothing.")
    private boolean quick;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private ApplyBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(ApplyBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return List.of();
    }

    @Override
    public ExitCode run() {
        Path directory = Benchmarks.temporaryDirectory("cdf-bench-apply-");
        try (BrokerProcess broker = BrokerProcess.start();
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                LocalSpark spark = LocalSpark.startWithDelta()) {
            ApplySizes sizes = quick ? ApplySizes.QUICK : ApplySizes.FULL;
            ApplyReport report = new ApplyReport(terminal.out());
            ApplyBench bench = new ApplyBench(topics, spark, directory, report);
            measure(bench, sizes);
            report.end();
            if (output.json()) {
                terminal.out().println(report.json());
            }
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
        return ExitCode.DONE;
    }

    private void measure(ApplyBench bench, ApplySizes sizes) {
        Set<Part> chosen = new TreeSet<>(parts);
        if (chosen.contains(Part.BULK) || chosen.contains(Part.LARGE)) {
            BulkPart bulk = new BulkPart(bench, sizes);
            if (chosen.contains(Part.BULK)) {
                bulk.measureBulk();
            }
            if (chosen.contains(Part.LARGE)) {
                bulk.measureLarge();
            }
        }
        if (chosen.contains(Part.SMALL)) {
            new SmallCommitPart(bench, sizes).measure();
        }
        if (chosen.contains(Part.LATENCY)) {
            new LatencyPart(bench, sizes).measure();
        }
        if (chosen.contains(Part.INDEX)) {
            new IndexPart(bench, sizes).measure();
        }
        if (chosen.contains(Part.FEED)) {
            new FeedPart(bench, sizes).measure();
        }
        if (chosen.contains(Part.PAGE)) {
            new PagePart(bench, sizes).measure();
        }
        if (chosen.contains(Part.COMMITS)) {
            new ManyCommitsPart(bench, sizes).measure();
        }
    }
}
