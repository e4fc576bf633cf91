package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.delta.DeltaLog;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Turns what Spark and the file system throw while a table is read into what the user can mend.
 *
 * @param version the oldest version that is read
 * @param oldest the oldest version that can be read, from that one on, if files are missing
 */
record ReadFailures(DeltaLog log, long version, Oldest oldest) {
    /** Finds the oldest version that is left. */
    @FunctionalInterface
    interface Oldest {
        long version(RemainingFiles files, long from);
    }

    static CdfException gone(DeltaLog log, long version, long oldest) {
        return new CdfException(
                ExitCode.FAILED,
                "version " + version + " of the table " + log.dataPath() + " is gone: the oldest left is " + oldest,
                "give a version from " + oldest + " on");
    }

    <T> T explain(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (CdfException known) {
            throw known;
        } catch (Exception failure) {
            throw explanation(failure);
        }
    }

    <T> Iterator<T> explain(Iterator<T> reading) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return explain((Supplier<Boolean>) reading::hasNext);
            }

            @Override
            public T next() {
                return explain((Supplier<T>) reading::next);
            }
        };
    }

    private RuntimeException explanation(Exception failure) {
        List<Throwable> causes = Stream.iterate((Throwable) failure, cause -> cause != null, Throwable::getCause)
                .toList();
        if (failure instanceof RuntimeException bug && causes.stream().noneMatch(ReadFailures::isOfReading)) {
            return bug;
        }
        for (Throwable cause : causes) {
            if (cause instanceof SparkThrowable known && "DELTA_MISSING_CHANGE_DATA".equals(known.getCondition())) {
                return feedOff(String.valueOf(known.getMessageParameters().get("version")), failure);
            }
        }
        if (causes.stream().anyMatch(FileNotFoundException.class::isInstance)) {
            long left = oldest.version(new RemainingFiles(log), version);
            if (left > version) {
                return gone(log, version, left);
            }
        }
        Throwable root = causes.get(causes.size() - 1);
        String message = String.valueOf(root.getMessage()).lines().findFirst().orElse("");
        return new CdfException(
                ExitCode.FAILED,
                "cannot read the table " + log.dataPath() + ": " + message,
                "--debug shows where this comes from",
                failure);
    }

    private static boolean isOfReading(Throwable cause) {
        return cause instanceof SparkThrowable || cause instanceof IOException;
    }

    private CdfException feedOff(String version, Exception failure) {
        return new CdfException(
                ExitCode.FAILED,
                "the change data feed of the table " + log.dataPath() + " was off in version " + version,
                "begin later, or turn it on in Spark for the versions to come: " + ChangeTables.sqlToTurnOnFeed(log),
                failure);
    }
}
