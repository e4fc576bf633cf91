package cdf.cli;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.lake.LocalSpark;
import cdf.lake.TableReader;
import cdf.producer.Interruption;
import cdf.producer.Terminal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What a command shows of a table, until the user interrupts it or nobody reads standard output any more. */
final class Reading {
    /** Rows between two looks whether somebody still reads: a look writes what is buffered. */
    private static final int ROWS_BETWEEN_LOOKS = 1_000;

    private final TableReader table;
    private final Terminal terminal;
    private final CountDownLatch interrupted;
    private boolean unread;

    private Reading(TableReader table, Terminal terminal, CountDownLatch interrupted) {
        this.table = table;
        this.terminal = terminal;
        this.interrupted = interrupted;
    }

    /** Starts Spark, opens the table in a directory and has it shown. */
    static ExitCode of(Path directory, Terminal terminal, Consumer<Reading> command) {
        TableReader.requireLog(directory);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (LocalSpark spark = LocalSpark.startWithDelta()) {
            TableReader table = TableReader.open(spark, directory);
            Runnable stop = () -> {
                interrupted.countDown();
                table.cancel();
            };
            try (Interruption interruption = Interruption.listen(stop)) {
                command.accept(new Reading(table, terminal, interrupted));
                return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
            } catch (CdfException failure) {
                if (interrupted.getCount() > 0) {
                    throw failure;
                }
                // What was being read was cancelled, as the user asked.
                return ExitCode.INTERRUPTED;
            }
        }
    }

    TableReader table() {
        return table;
    }

    /** Shows one after the other, as long as it has not {@link #ended()}, and tells how many. */
    <T> long show(Iterator<T> rows, Consumer<T> printer) {
        long shown = 0;
        while (!ended() && rows.hasNext()) {
            printer.accept(rows.next());
            shown++;
            if (shown % ROWS_BETWEEN_LOOKS == 0) {
                flush();
            }
        }
        flush();
        return shown;
    }

    /** Writes what is buffered, and looks whether that is possible. */
    void flush() {
        unread |= terminal.out().checkError();
    }

    /** Whether there is nothing more to show, for nobody wants to see it. */
    boolean ended() {
        return unread || interrupted.getCount() == 0;
    }

    /** Waits, but not longer than until the user interrupts. */
    void pause(Duration time) {
        try {
            boolean unused = interrupted.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stopped) {
            throw new IllegalStateException("nobody interrupts this thread", stopped);
        }
    }
}
