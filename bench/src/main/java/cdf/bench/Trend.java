package cdf.bench;

import java.util.ArrayList;
import java.util.List;

/** A quantity over the minutes of a run. Not thread-safe. */
final class Trend {
    private record Sample(double minute, double value) {}

    private final String name;
    private final List<Sample> samples = new ArrayList<>();

    Trend(String name) {
        this.name = name;
    }

    void add(double minute, double value) {
        samples.add(new Sample(minute, value));
    }

    double last() {
        return samples.get(samples.size() - 1).value();
    }

    /** First, last and largest value; and how much it grows in an hour, over all of the run and over its second half. */
    void print(ApplyReport report) {
        if (samples.isEmpty()) {
            return;
        }
        report.figure(name + "First", samples.get(0).value());
        report.figure(name + "Last", last());
        report.figure(
                name + "Max", samples.stream().mapToDouble(Sample::value).max().orElseThrow());
        report.figure(name + "GrowthPerHour", 60 * slope(samples));
        report.figure(
                name + "SecondHalfGrowthPerHour", 60 * slope(samples.subList(samples.size() / 2, samples.size())));
    }

    /** The slope of the line of least squares. */
    private static double slope(List<Sample> of) {
        double meanMinute = of.stream().mapToDouble(Sample::minute).average().orElseThrow();
        double meanValue = of.stream().mapToDouble(Sample::value).average().orElseThrow();
        double together = 0;
        double squares = 0;
        for (Sample sample : of) {
            double distance = sample.minute() - meanMinute;
            together += distance * (sample.value() - meanValue);
            squares += distance * distance;
        }
        return squares == 0 ? 0 : together / squares;
    }
}
